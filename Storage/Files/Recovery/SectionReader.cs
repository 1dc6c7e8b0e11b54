using System.Buffers;
using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Reads sections of footers. The caller holds the segment.</summary>
internal static class SectionReader
{
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
