using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Retention;

/// <summary>A segment that holds nothing but heads.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Heads">Topics whose newest head is in it, those that may be forgotten left out.</param>
/// <param name="DeletedBeforeUnixMs">Topics that were deleted before this may be forgotten.</param>
internal readonly record struct HeadHolder(SegmentFile Segment, int Heads, long DeletedBeforeUnixMs);

/// <summary>Writes heads again that only a segment has which is about to go. One thread at a time.</summary>
internal sealed class HeadCarrier(TopicTable topics, SegmentDirectories directories, Journal.Journal journal)
{
    private readonly Dictionary<SegmentFile, (int Heads, long Bytes)> _measured = [];
    private readonly HashSet<SegmentFile> _carried = [];

    /// <summary>Bytes of the heads that the segment alone has.</summary>
    public long Measure(HeadHolder holder)
    {
        if (_measured.TryGetValue(holder.Segment, out var known) && known.Heads == holder.Heads)
        {
            return known.Bytes;
        }

        var bytes = 0L;
        foreach (var (_, slice) in HeadsIn(holder))
        {
            bytes += SectionReader.ReadHeadLength(holder.Segment, slice);
        }

        _measured[holder.Segment] = (holder.Heads, bytes);
        return bytes;
    }

    /// <summary>Hands them over to the journal. Those of topics that are being written come to be known with the next footer.</summary>
    public void Carry(HeadHolder holder)
    {
        foreach (var (topic, _) in HeadsIn(holder))
        {
            journal.CarryHead(topic);
        }

        _carried.Add(holder.Segment);
    }

    /// <summary>Whether <see cref="Carry"/> was called for the segment.</summary>
    public bool WasCarried(SegmentFile segment) => _carried.Contains(segment);

    /// <summary>Forgets a segment that is gone.</summary>
    public void Forget(SegmentFile segment)
    {
        _measured.Remove(segment);
        _carried.Remove(segment);
    }

    private IEnumerable<(TopicLog Topic, SegmentSlice Slice)> HeadsIn(HeadHolder holder)
    {
        foreach (var entry in directories.Read(holder.Segment) ?? [])
        {
            if (topics.Find(entry.Topic) is { } topic && IsIn(topic, holder.Segment.Number) && !journal.IsForgettable(topic, holder.DeletedBeforeUnixMs))
            {
                yield return (topic, entry.Slice);
            }
        }
    }

    private static bool IsIn(TopicLog topic, long number)
    {
        lock (topic.Gate)
        {
            return !topic.HasHeadBeyond(number);
        }
    }
}
