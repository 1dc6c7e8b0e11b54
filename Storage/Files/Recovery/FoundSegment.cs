using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>A segment as opening found it.</summary>
/// <param name="File">The segment.</param>
/// <param name="Trailer">Its footer's trailer; null when it has none that is sound, or when the checkpoint speaks for it.</param>
/// <param name="IsCovered">Whether the checkpoint speaks for it, so that nothing of it need be read.</param>
internal sealed record FoundSegment(SegmentFile File, FooterTrailer? Trailer, bool IsCovered)
{
    /// <summary>Whether it was sealed: then it held everything up to its last group.</summary>
    public bool WasSealed => IsCovered || Trailer is not null;

    /// <summary>The greatest group that it shows to have been flushed.</summary>
    public long KnownFlushed => Math.Max(File.Header.KnownFlushed, IsCovered ? File.LastGroup : Trailer?.LastGroup ?? 0);
}
