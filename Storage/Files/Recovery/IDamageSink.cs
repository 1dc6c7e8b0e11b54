using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Hears of stored bytes that do not check out. Thread-safe; never throws.</summary>
internal interface IDamageSink
{
    /// <summary>Sets the bytes aside, reports them once, and counts them in the log's health. The caller holds the segment.</summary>
    /// <param name="segment">Where they are.</param>
    /// <param name="position">The first byte.</param>
    /// <param name="length">How many.</param>
    /// <param name="what">What they were, and what becomes of it: for people.</param>
    void OnDamaged(SegmentFile segment, long position, long length, string what);
}
