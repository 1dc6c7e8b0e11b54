using System.Collections.Concurrent;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Topics;

/// <summary>How much of each sealed segment is still wanted, kept up by the topics as they change, so that nobody has to read footers to find out. Thread-safe.</summary>
/// <remarks>What it says chooses segments to look at; whether one may go is decided by the topics themselves.</remarks>
internal sealed class SegmentUsages
{
    private readonly ConcurrentDictionary<(long Number, uint Generation), SegmentUsage> _usages = new();

    /// <summary>The usage of the segment of <paramref name="slice"/>.</summary>
    public SegmentUsage Of(in SegmentSlice slice) => _usages.GetOrAdd((slice.Segment, slice.Generation), static _ => new SegmentUsage());

    /// <summary>The usage of <paramref name="segment"/>.</summary>
    public SegmentUsage Of(SegmentFile segment) => _usages.GetOrAdd((segment.Number, segment.Header.Generation), static _ => new SegmentUsage());

    /// <summary>Forgets a segment that is out of the journal.</summary>
    public void Forget(SegmentFile segment) => _usages.TryRemove((segment.Number, segment.Header.Generation), out _);
}

/// <summary>How much of one segment is still wanted. Thread-safe; its numbers move one by one.</summary>
internal sealed class SegmentUsage
{
    private long _liveBytes;
    private int _liveTopics;
    private int _heads;

    /// <summary>Bytes of records that are held, roughly: where a topic's start lies within its part, its share of the part's bytes.</summary>
    public long LiveBytes => Interlocked.Read(ref _liveBytes);

    /// <summary>Topics that have records here that are held.</summary>
    public int LiveTopics => Volatile.Read(ref _liveTopics);

    /// <summary>Topics whose newest head is here and in no later segment.</summary>
    public int Heads => Volatile.Read(ref _heads);

    /// <summary>Adds records of <paramref name="topics"/> topics, or takes them off.</summary>
    public void AddLive(int topics, long bytes)
    {
        Interlocked.Add(ref _liveTopics, topics);
        Interlocked.Add(ref _liveBytes, bytes);
    }

    /// <summary>Adds newest heads, or takes them off.</summary>
    public void AddHeads(int heads) => Interlocked.Add(ref _heads, heads);
}
