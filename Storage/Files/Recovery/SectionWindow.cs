using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Reads sections one after the other: those that lie side by side, as a footer's do in the order of their topics, with few calls of the system. Not thread-safe.</summary>
internal sealed class SectionWindow(SegmentFile segment)
{
    private const int AheadBytes = 256 * 1024;
    private const int NearBytes = 32 * 1024;

    private byte[] _bytes = [];
    private long _start;
    private int _length;

    /// <summary>Reads the section that <paramref name="slice"/> names.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: it is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public SliceContent Read(SegmentSlice slice)
    {
        var end = slice.Position + (long)slice.Length;
        if ((slice.Position < _start || end > _start + _length) && !TryLoad(slice, end))
        {
            throw new EventMeshException(MeshErrorCode.LogCorrupted, $"'{segment.Name}' ends before its section at byte {slice.Position}.");
        }

        return SectionCodec.Read(_bytes.AsSpan((int)(slice.Position - _start), slice.Length), limit: slice.Position, segment.Name);
    }

    private bool TryLoad(SegmentSlice slice, long end)
    {
        var length = segment.File.Length;
        if (end > length)
        {
            return false;
        }

        var isNear = _length > 0 && slice.Position >= _start && slice.Position - (_start + _length) < NearBytes;
        var wanted = (int)Math.Min(isNear ? Math.Max(slice.Length, AheadBytes) : slice.Length, length - slice.Position);
        if (_bytes.Length < wanted)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(Math.Max(wanted, 4096));
        }

        _start = slice.Position;
        _length = segment.File.Read(slice.Position, _bytes.AsSpan(0, wanted));
        return _length >= slice.Length;
    }
}
