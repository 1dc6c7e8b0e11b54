using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Reading;

/// <summary>Finds offsets and positions in a topic: a binary search over its slices, then over the runs of one. Thread-safe.</summary>
/// <remarks>
/// Every method throws <see cref="EventMeshException"/> with <c>LogCorrupted</c> where a section is damaged, and <see cref="IOException"/> where the disk fails. No lock is
/// held while a file is read; where a segment goes meanwhile, the search begins again.
/// </remarks>
internal sealed class TopicSearch(ReadSources sources)
{
    /// <summary>The last flushed position of <paramref name="origin"/>.</summary>
    public Position FlushedPosition(TopicLog topic, NodeId origin) => PositionBelow(topic, sources.OriginOf(origin), long.MaxValue);

    /// <summary>Every origin with a flushed position.</summary>
    public IReadOnlyList<KeyValuePair<NodeId, Position>> FlushedPositions(TopicLog topic)
    {
        while (true)
        {
            SegmentSlice[] slices;
            lock (topic.Gate)
            {
                if (topic.Flushed is { } flushed)
                {
                    return flushed.Positions();
                }

                slices = topic.Slices;
            }

            if (slices.Length == 0)
            {
                return [];
            }

            if (sources.TryHold(topic, slices, slices.Length - 1, out var held))
            {
                using (held)
                {
                    return [.. held.Section!.Positions().Where(static pair => !pair.Value.IsNone)];
                }
            }
        }
    }

    /// <summary>When the start of a topic whose head is on disk last moved.</summary>
    public long TrimmedAt(TopicLog topic)
    {
        while (true)
        {
            var slices = TopicHeads.SlicesOf(topic);
            if (slices.Length == 0)
            {
                return 0;
            }

            if (sources.TryHold(topic, slices, slices.Length - 1, out var held))
            {
                using (held)
                {
                    return held.Section!.Head.TrimmedAtUnixMs;
                }
            }
        }
    }

    /// <summary>The position of the last record of <paramref name="origin"/> below <paramref name="offset"/>, which counts as the start where it lies below that.</summary>
    public Position PositionBefore(TopicLog topic, RunOrigin origin, long offset) =>
        PositionBelow(topic, origin, Math.Max(offset, TopicPlace.Of(topic, 0).Start));

    /// <summary>The same, for offsets below the start as well: what segments that are still there say.</summary>
    public Position PositionBelow(TopicLog topic, RunOrigin origin, long offset)
    {
        while (true)
        {
            TopicPlace place;
            var before = Position.None;
            lock (topic.Gate)
            {
                // The part behind the offset knows what precedes it. The part before it may be gone, and that before the gap knows too little: segments go in any order.
                place = TopicPlace.Of(topic, offset);
                if (offset >= place.Limit && (origin.IsOwn || topic.Flushed is not null))
                {
                    return topic.Flushed?.PositionOf(origin.Node) ?? topic.Own;
                }

                if (place.OpenSegment is { } open)
                {
                    before = PositionBefore(topic, open, origin.Node);
                }
            }

            if (offset <= 0 || place.IsNowhere)
            {
                return Position.None;
            }

            if (sources.TryHold(topic, place, out var held))
            {
                using (held)
                {
                    return offset >= place.Limit && held.Section is { } newest
                        ? newest.PositionOf(origin.Node) ?? Position.None
                        : PositionIn(held, origin, offset) ?? before;
                }
            }
        }
    }

    /// <summary>The offset of the first record of <paramref name="origin"/> above <paramref name="position"/>; the read limit if there is none.</summary>
    public long OffsetAfter(TopicLog topic, RunOrigin origin, Position position)
    {
        var begin = TopicPlace.Of(topic, 0);
        var flushed = FlushedPosition(topic, origin.Node);
        if (flushed > position && begin.Start > 0)
        {
            // Records below the start may be there still; nobody sees them.
            var below = PositionBefore(topic, origin, begin.Start);
            position = below > position ? below : position;
        }

        if (flushed <= position)
        {
            return begin.Limit;
        }

        for (var at = FirstPart(topic, section => section.PositionOf(origin.Node) > position); ;)
        {
            var place = TopicPlace.Of(topic, at);
            if (place.IsNowhere || at >= place.Limit)
            {
                return place.Limit;
            }

            if (sources.TryHold(topic, place, out var held))
            {
                using (held)
                {
                    if (OffsetIn(held, origin, position) is { } offset)
                    {
                        return Math.Clamp(offset, place.Start, place.Limit);
                    }
                }

                at = place.End;
            }
        }
    }

    /// <summary>The first offset that was appended at or after <paramref name="timeUnixMs"/>; the read limit if there is none.</summary>
    /// <remarks>Of lost records nobody knows when they were appended: those right before the offset count as appended later, so that who starts here is told of them.</remarks>
    public long OffsetAtTime(TopicLog topic, long timeUnixMs)
    {
        var begin = TopicPlace.Of(topic, 0);
        if (timeUnixMs > begin.LastAppendUnixMs)
        {
            return begin.Limit;
        }

        var at = FirstPart(topic, section => section.Head.LastAppendUnixMs >= timeUnixMs);
        for (var end = at; ;)
        {
            var place = TopicPlace.Of(topic, at);
            if (place.IsNowhere || at >= place.Limit)
            {
                return place.IsNowhere ? Math.Clamp(end, place.Start, place.Limit) : place.Limit;
            }

            if (sources.TryHold(topic, place, out var held))
            {
                using (held)
                {
                    if (IsAppendedIn(held, timeUnixMs, ref end))
                    {
                        return Math.Clamp(end, place.Start, place.Limit);
                    }
                }

                at = place.End;
            }
        }
    }

    /// <summary>Where the first part of the topic begins, or what was lost before it, that <paramref name="isReached"/> holds for as of its end.</summary>
    private long FirstPart(TopicLog topic, Func<Section, bool> isReached)
    {
        while (true)
        {
            var place = TopicPlace.Of(topic, 0);
            var slices = place.Slices;
            var (low, high) = (Math.Max(0, TopicPlace.LastFrom(slices, place.Start)), slices.Length);
            var from = place.Start;
            var isWhole = true;
            while (low < high && isWhole)
            {
                var middle = (low + high) / 2;
                isWhole = sources.TryHold(topic, slices, middle, out var held);
                if (isWhole)
                {
                    using (held)
                    {
                        var section = held.Section!;
                        (low, high, from) = isReached(section) ? (low, middle, from) : (middle + 1, high, section.Head.Next);
                    }
                }
            }

            if (isWhole)
            {
                return from;
            }
        }
    }

    /// <summary>The position before the first record in an open segment. Under the topic's gate; the segment is one of the topic's.</summary>
    private static Position PositionBefore(TopicLog topic, SegmentFile segment, NodeId origin)
    {
        var isBehind = false;
        foreach (var slice in topic.Open)
        {
            isBehind |= ReferenceEquals(slice.Segment, segment);
            if (isBehind && slice.TryGetBefore(origin, out var before))
            {
                return before;
            }
        }

        return topic.Flushed!.PositionOf(origin);
    }

    /// <summary>The position of the last record below <paramref name="offset"/> as one segment knows it; null where only <see cref="OpenSlice"/> does.</summary>
    private static Position? PositionIn(in HeldRuns held, RunOrigin origin, long offset)
    {
        var before = held.Section?.PositionBefore(origin.Node);
        if (held.Section is { } section && before is null)
        {
            // It has no record here, so what was before is what is after.
            return section.PositionOf(origin.Node) ?? Position.None;
        }

        for (var block = held.BlockOf(offset - 1); block >= 0 && held.Blocks > 0; block--)
        {
            var runs = held.Block(block);
            if (RunSearch.LastBelow(runs, origin, offset) is var index and >= 0)
            {
                return RunSearch.PositionBefore(runs[index], offset);
            }
        }

        return before;
    }

    /// <summary>The offset of the first record above <paramref name="position"/> in one segment; null if there is none.</summary>
    private static long? OffsetIn(in HeldRuns held, RunOrigin origin, Position position)
    {
        var found = -1;
        var (low, high) = (0, held.Blocks);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var probe = middle;
            int last;
            while ((last = RunSearch.LastBelow(held.Block(probe), origin, long.MaxValue)) < 0 && ++probe < high)
            {
            }

            if (last < 0)
            {
                high = middle;
            }
            else if (held.Block(probe)[last].Last > position)
            {
                (found, high) = (probe, middle);
            }
            else
            {
                low = probe + 1;
            }
        }

        if (found < 0)
        {
            return null;
        }

        var runs = held.Block(found);
        return RunSearch.OffsetAfter(runs[RunSearch.FirstAbove(runs, origin, position)], position);
    }

    /// <summary>Whether one segment has a run that was appended at or after a time; <paramref name="end"/> is then where the last one before that ends, as before if none is here.</summary>
    private static bool IsAppendedIn(in HeldRuns held, long timeUnixMs, ref long end)
    {
        var (low, high) = (0, held.Blocks);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = held.Block(middle)[^1].AppendTimeUnixMs < timeUnixMs ? (middle + 1, high) : (low, middle);
        }

        for (var block = Math.Max(0, low - 1); block < held.Blocks; block++)
        {
            var runs = held.Block(block);
            var index = RunSearch.FirstSince(runs, timeUnixMs);
            end = index > 0 ? runs[index - 1].EndOffset : end;
            if (index < runs.Length)
            {
                return true;
            }
        }

        return false;
    }
}
