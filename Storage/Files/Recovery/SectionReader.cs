using System.Buffers;
using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Reads sections of footers. The caller holds the segment.</summary>
internal static class SectionReader
{
    /// <summary>Bytes of the head in the section that <paramref name="slice"/> names. Nothing is checked: for estimates only.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public static long ReadHeadLength(SegmentFile segment, SegmentSlice slice)
    {
        Span<byte> front = stackalloc byte[SectionCodec.PrefixBytes + Varint.MaxBytes];
        var length = segment.File.Read(slice.Position, front);
        return length > SectionCodec.PrefixBytes && Varint.TryRead(front[SectionCodec.PrefixBytes..length], out var head, out _)
            ? (long)Math.Min(head, (ulong)slice.Length)
            : slice.Length;
    }

    /// <summary>Reads the section that <paramref name="slice"/> names. Allocates no more than the file has bytes.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: it is damaged. The groups say the same.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static SliceContent Read(SegmentFile segment, SegmentSlice slice)
    {
        var what = $"'{segment.Name}', section at byte {slice.Position}";
        if (slice.Position + (long)slice.Length > segment.File.Length)
        {
            throw new EventMeshException(MeshErrorCode.LogCorrupted, $"{what}: the file ends before it. Keep the file; its groups are read instead.");
        }

        var bytes = ArrayPool<byte>.Shared.Rent(slice.Length);
        try
        {
            var section = bytes.AsSpan(0, slice.Length);
            var length = segment.File.Read(slice.Position, section);
            return SectionCodec.Read(section[..length], limit: slice.Position, what);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
