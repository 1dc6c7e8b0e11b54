using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Decides where a topic's start belongs by its rule. One thread at a time.</summary>
/// <remarks>
/// Most looks cost no file: an age is asked of the disk only when the segment that has the topic's oldest records is that old, and a topic within its bytes, or
/// unchanged since the last look, is passed over. What has to be read is bounded by sweep; the rest waits for the next one.
/// </remarks>
/// <param name="segments">The journal's segments.</param>
/// <param name="sections">Their sections.</param>
/// <param name="offsetAtTime">The first offset of a topic that was appended at or after a time.</param>
internal sealed class RetentionCut(SegmentSet segments, SectionCache sections, Func<TopicLog, long, LogOffset> offsetAtTime)
{
    /// <summary>Topics that a sweep reads sections of, at most.</summary>
    public const int MaxReads = 1024;

    // An age is looked at this many times while it passes: records go at most a sixteenth of it late.
    private const int ChecksPerAge = 16;

    // Topics that hold more than their bytes as whole slices count, by the limit that they had when the exact count was not above.
    private Dictionary<TopicLog, long> _lookedAt = [];
    private Dictionary<TopicLog, long> _looking = [];
    private int _reads;

    /// <summary>Begins to look at all topics anew.</summary>
    public void Begin()
    {
        (_lookedAt, _looking) = (_looking, []);
        _reads = 0;
    }

    /// <summary>The offset that the topic's records are kept from; its start where nothing has to go, or where it is not known yet.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: what must be read to decide is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public long Find(TopicLog topic, RetentionRule rule, long nowUnixMs)
    {
        long start, limit, lastAppend;
        lock (topic.Gate)
        {
            (start, limit, lastAppend) = (topic.Start, topic.Limit, topic.LastAppendUnixMs);
        }

        if (start == limit || rule.IsNone)
        {
            return start;
        }

        var cut = rule.Count > 0 ? Math.Max(start, limit - rule.Count) : start;
        cut = rule.Age > TimeSpan.Zero ? Math.Max(cut, ByAge(topic, (long)rule.Age.TotalMilliseconds, lastAppend, limit, nowUnixMs)) : cut;
        return rule.Bytes > 0 && cut < limit ? Math.Max(cut, ByBytes(topic, start, limit, rule.Bytes)) : cut;
    }

    private long ByAge(TopicLog topic, long ageMs, long lastAppend, long limit, long nowUnixMs)
    {
        if (lastAppend < nowUnixMs - ageMs)
        {
            return limit;
        }

        if (nowUnixMs < topic.AgeCheckUnixMs)
        {
            return 0;
        }

        if (OldestSegmentUnixMs(topic) is { } begun)
        {
            if (begun > nowUnixMs - ageMs)
            {
                // All that is in it was appended after it was begun.
                topic.AgeCheckUnixMs = begun + ageMs;
                return 0;
            }

            if (!MayRead())
            {
                return 0;
            }
        }

        topic.AgeCheckUnixMs = nowUnixMs + ageMs / ChecksPerAge;
        return offsetAtTime(topic, nowUnixMs - ageMs).Value;
    }

    /// <summary>When the sealed segment that has the topic's oldest records was begun; null where no sealed one has any.</summary>
    private long? OldestSegmentUnixMs(TopicLog topic)
    {
        SegmentSlice slice;
        lock (topic.Gate)
        {
            var first = topic.FirstHeld;
            if (first == topic.Slices.Length)
            {
                return null;
            }

            slice = topic.Slices[first];
        }

        if (segments.Acquire(slice) is not { } segment)
        {
            return null;
        }

        segment.Release();
        return segment.Header.CreatedUnixMs;
    }

    private long ByBytes(TopicLog topic, long start, long limit, long maxBytes)
    {
        lock (topic.Gate)
        {
            if (topic.Bytes <= maxBytes)
            {
                return 0;
            }
        }

        if (_lookedAt.TryGetValue(topic, out var before) && before == limit)
        {
            _looking[topic] = limit;
            return 0;
        }

        if (!MayRead())
        {
            return 0;
        }

        var cut = WalkBack(topic, maxBytes);
        if (cut <= start)
        {
            _looking[topic] = limit;
        }

        return cut;
    }

    /// <summary>Walks back from the end over whole runs until they are too many bytes. The newest run is always kept.</summary>
    private long WalkBack(TopicLog topic, long maxBytes)
    {
        SegmentSlice[] slices;
        long from, bytes = 0;
        lock (topic.Gate)
        {
            (slices, from) = (topic.Slices, topic.Limit);
            for (var i = topic.Open.Length - 1; i >= 0; i--)
            {
                var open = topic.Open[i];
                if (bytes + open.RecordBytes > maxBytes)
                {
                    return Walk(open.Runs, from, bytes, maxBytes);
                }

                (bytes, from) = (bytes + open.RecordBytes, open.Runs.Count > 0 ? open.Runs[0].FirstOffset : from);
            }
        }

        for (var i = slices.Length - 1; i >= 0; i--)
        {
            if (bytes + slices[i].RecordBytes > maxBytes)
            {
                // A segment that has just been rewritten or dropped is looked at again by the next sweep.
                return Runs(slices[i]) is { } runs ? Walk(runs, from, bytes, maxBytes) : 0;
            }

            (bytes, from) = (bytes + slices[i].RecordBytes, slices[i].FirstOffset);
        }

        return 0;
    }

    private static long Walk(IReadOnlyList<RunDescriptor> runs, long from, long bytes, long maxBytes)
    {
        for (var i = runs.Count - 1; i >= 0; i--)
        {
            if (bytes > 0 && bytes + runs[i].Length > maxBytes)
            {
                break;
            }

            (bytes, from) = (bytes + runs[i].Length, runs[i].FirstOffset);
        }

        return from;
    }

    private RunDescriptor[]? Runs(SegmentSlice slice)
    {
        if (segments.Acquire(slice) is not { } segment)
        {
            return null;
        }

        try
        {
            return sections.Get(segment, slice).Runs;
        }
        finally
        {
            segment.Release();
        }
    }

    private bool MayRead() => _reads++ < MaxReads;
}
