using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Reading;

/// <summary>Where an offset of a topic is to be found: what the topic's gate guards, as of one moment. Use it without the gate.</summary>
internal readonly record struct TopicPlace
{
    /// <summary>The first offset that is held.</summary>
    public long Start { get; private init; }

    /// <summary>The read limit.</summary>
    public long Limit { get; private init; }

    /// <summary>The time of the last flushed append.</summary>
    public long LastAppendUnixMs { get; private init; }

    /// <summary>When the start last moved; 0 where that is only in the newest slice's head.</summary>
    public long TrimmedAtUnixMs { get; private init; }

    /// <summary>All parts in sealed segments.</summary>
    public SegmentSlice[] Slices { get; private init; }

    /// <summary>The slice that the offset is in or behind, or the first where it lies before all; -1 where <see cref="OpenSegment"/> has it.</summary>
    public int Slice { get; private init; }

    /// <summary>The segment without a footer that the offset is in or behind; null where a slice has it, or nothing.</summary>
    public SegmentFile? OpenSegment { get; private init; }

    /// <summary>The topic's runs in <see cref="OpenSegment"/>.</summary>
    public ArraySegment<RunDescriptor> OpenRuns { get; private init; }

    /// <summary>Where the next part begins; the read limit behind the last.</summary>
    public long End { get; private init; }

    /// <summary>The first offset that no slice covers; the read limit where they cover all.</summary>
    public long OpenFrom { get; private init; }

    /// <summary>Whether there is any part at all.</summary>
    public bool IsNowhere => Slice < 0 && OpenSegment is null;

    /// <summary>Looks <paramref name="offset"/> up.</summary>
    public static TopicPlace Of(TopicLog topic, long offset)
    {
        lock (topic.Gate)
        {
            var slices = topic.Slices;
            var openFrom = topic.OpenFrom;
            var place = new TopicPlace
            {
                Start = topic.Start,
                Limit = topic.Limit,
                LastAppendUnixMs = topic.LastAppendUnixMs,
                TrimmedAtUnixMs = topic.TrimmedAtUnixMs,
                Slices = slices,
                Slice = -1,
                OpenFrom = openFrom,
            };
            if (slices.Length > 0 && offset < openFrom)
            {
                var slice = Math.Max(0, LastFrom(slices, offset));
                return place with { Slice = slice, End = slice + 1 < slices.Length ? slices[slice + 1].FirstOffset : openFrom };
            }

            return InOpen(topic.Open, offset, place);
        }
    }

    /// <summary>The last slice that begins at or below <paramref name="offset"/>; -1 if there is none.</summary>
    public static int LastFrom(ReadOnlySpan<SegmentSlice> slices, long offset)
    {
        var (low, high) = (0, slices.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = slices[middle].FirstOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    private static TopicPlace InOpen(ReadOnlySpan<OpenSlice> open, long offset, in TopicPlace place)
    {
        var end = place.Limit;
        for (var i = open.Length - 1; i >= 0; i--)
        {
            var runs = open[i].Runs;
            if (runs.Count > 0)
            {
                var first = runs[0].FirstOffset;
                if (first <= offset || first == place.OpenFrom)
                {
                    return place with { OpenSegment = open[i].Segment, OpenRuns = runs, End = end };
                }

                end = first;
            }
        }

        // A topic that was emptied or never written: or its records are all in slices, and the offset is the limit.
        return place.Slices.Length > 0 ? place with { Slice = place.Slices.Length - 1, End = place.Limit } : place with { End = place.Limit };
    }
}
