using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>A segment as opening found it.</summary>
/// <param name="File">The segment.</param>
/// <param name="Trailer">Its footer's trailer; null when it has none that is sound, or when the checkpoint speaks for it.</param>
internal sealed record FoundSegment(SegmentFile File, FooterTrailer? Trailer)
{
    /// <summary>The last group that it is known to have held whole: its footer was written when that was flushed.</summary>
    public long KnownFlushed => Math.Max(File.Header.KnownFlushed, Trailer?.LastGroup ?? 0);
}
