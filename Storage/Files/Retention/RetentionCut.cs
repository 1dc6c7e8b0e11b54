using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Decides where a topic's start belongs by its rule.</summary>
/// <param name="segments">The journal's segments.</param>
/// <param name="sections">Their sections.</param>
/// <param name="offsetAtTime">The first offset of a topic that was appended at or after a time.</param>
internal sealed class RetentionCut(SegmentSet segments, SectionCache sections, Func<TopicLog, long, LogOffset> offsetAtTime)
{
    // An age is looked at this many times while it passes: records go at most a sixteenth of it late, and an idle topic costs nothing meanwhile.
    private const int ChecksPerAge = 16;

    /// <summary>The offset that the topic's records are kept from; its start where nothing has to go.</summary>
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
        cut = rule.Age > TimeSpan.Zero ? Math.Max(cut, ByAge(topic, rule.Age, lastAppend, limit, nowUnixMs)) : cut;
        return rule.Bytes > 0 ? Math.Max(cut, ByBytes(topic, rule.Bytes)) : cut;
    }

    private long ByAge(TopicLog topic, TimeSpan age, long lastAppend, long limit, long nowUnixMs)
    {
        var ageMs = (long)age.TotalMilliseconds;
        if (lastAppend < nowUnixMs - ageMs)
        {
            return limit;
        }

        if (nowUnixMs < topic.AgeCheckUnixMs)
        {
            return 0;
        }

        topic.AgeCheckUnixMs = nowUnixMs + ageMs / ChecksPerAge;
        return offsetAtTime(topic, nowUnixMs - ageMs).Value;
    }

    /// <summary>Walks back from the end over whole runs until they are too many bytes. The newest run is always kept.</summary>
    private long ByBytes(TopicLog topic, long maxBytes)
    {
        SegmentSlice[] slices;
        long from, bytes = 0;
        lock (topic.Gate)
        {
            (slices, from) = (topic.Slices, topic.Limit);
            for (var i = topic.Open.Length - 1; i >= 0; i--)
            {
                if (!Walk(topic.Open[i].Runs, ref from, ref bytes, maxBytes))
                {
                    return from;
                }
            }
        }

        for (var i = slices.Length - 1; i >= 0; i--)
        {
            if (bytes + slices[i].RecordBytes <= maxBytes)
            {
                (bytes, from) = (bytes + slices[i].RecordBytes, slices[i].FirstOffset);
            }
            else if (!Walk(Runs(slices[i]), ref from, ref bytes, maxBytes))
            {
                return from;
            }
        }

        return 0;
    }

    private static bool Walk(IReadOnlyList<RunDescriptor> runs, ref long from, ref long bytes, long maxBytes)
    {
        for (var i = runs.Count - 1; i >= 0; i--)
        {
            if (bytes > 0 && bytes + runs[i].Length > maxBytes)
            {
                return false;
            }

            (bytes, from) = (bytes + runs[i].Length, runs[i].FirstOffset);
        }

        return true;
    }

    private RunDescriptor[] Runs(SegmentSlice slice)
    {
        // A segment that has gone meanwhile holds nothing that is kept.
        if (segments.Acquire(slice) is not { } segment)
        {
            return [];
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
}
