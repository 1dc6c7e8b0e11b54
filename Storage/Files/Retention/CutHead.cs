using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Works out a topic's head before a run of a segment from the section that says how it was at the end: what a rewritten segment begins with.</summary>
internal static class CutHead
{
    /// <summary>The head before run number <paramref name="firstKept"/> of <paramref name="content"/>.</summary>
    /// <remarks>
    /// The start stays as it was at the segment's end, even where a later trim is why runs are left out: later segments say so, and their heads follow on this one. A
    /// producer comes with those of its remembered batches that lie below; the kept runs bring the others.
    /// </remarks>
    /// <param name="node">Whose store it is.</param>
    /// <param name="content">The section.</param>
    /// <param name="firstKept">The first run that is kept.</param>
    /// <param name="lastAppendBefore">The time of the last append before the segment, for where all runs are kept; 0 where nobody knows any more.</param>
    public static TopicHead Before(NodeId node, SliceContent content, int firstKept, long lastAppendBefore)
    {
        var (head, offset) = (content.Head, content.Runs[firstKept].FirstOffset);
        return new TopicHead(
            Math.Min(head.Start, offset),
            Next: offset,
            firstKept > 0 ? content.Runs[firstKept - 1].AppendTimeUnixMs : lastAppendBefore,
            head.TrimmedAtUnixMs,
            DeletedAtUnixMs: 0,
            LastGroup: 0,
            Positions(node, content, firstKept),
            [.. head.Producers.Select(producer => Below(producer, offset)).Where(static producer => producer.Recent.Count > 0)]);
    }

    /// <summary>Whether two heads say the same.</summary>
    public static bool Same(TopicHead left, TopicHead right) =>
        left with { Positions = [], Producers = [] } == right with { Positions = [], Producers = [] }
        && left.Positions.SequenceEqual(right.Positions)
        && left.Producers.Count == right.Producers.Count
        && left.Producers.Zip(right.Producers).All(static pair =>
            (pair.First.Producer, pair.First.LastSeenUnixMs) == (pair.Second.Producer, pair.Second.LastSeenUnixMs) && pair.First.Recent.SequenceEqual(pair.Second.Recent));

    /// <summary>Where each origin stood: at its last run that is left out, else where it stood before the segment; one that has no run there has not moved.</summary>
    private static KeyValuePair<NodeId, Position>[] Positions(NodeId node, SliceContent content, int firstKept)
    {
        var positions = content.Head.Positions.ToDictionary();
        foreach (var (origin, before) in content.Before)
        {
            positions[origin] = before;
        }

        foreach (ref readonly var run in content.Runs.AsSpan(0, firstKept))
        {
            if (!run.First.IsNone)
            {
                positions[run.Origin.IsEmpty ? node : run.Origin] = run.Last;
            }
        }

        return [.. positions.Where(static position => !position.Value.IsNone).OrderBy(static position => position.Key)];
    }

    private static ProducerHead Below(ProducerHead producer, long offset) =>
        producer with { Recent = [.. producer.Recent.Where(batch => batch.FirstOffset < offset)] };
}
