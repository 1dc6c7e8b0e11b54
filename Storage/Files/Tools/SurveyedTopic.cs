using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Puts together what the segments say of a topic, from the newest segment back: what a newer one says holds. Not thread-safe.</summary>
internal sealed class SurveyedTopic(TopicName topic)
{
    private readonly List<(SegmentTally Segment, long End, long Bytes)> _unsettled = [];
    private TopicHead? _head;
    private long? _first;
    private long _bytes;
    private int _segments;

    /// <summary>Whether what older segments say of the head is of no use any more.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>Takes up the part of it that the next older segment has.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="head">What the segment says of the topic.</param>
    /// <param name="isComplete">Whether that is the whole head; else it is what can be told from this segment's records alone.</param>
    /// <param name="firstOffset">Its first record there; the next offset where there is none.</param>
    /// <param name="recordBytes">Bytes of its records there.</param>
    public void Add(SegmentTally segment, TopicHead head, bool isComplete, long firstOffset, long recordBytes)
    {
        _head = _head is null ? head : IsComplete ? _head : Merge(_head, head);
        IsComplete |= isComplete;
        _segments++;
        segment.Topics++;
        segment.RecordBytes += recordBytes;
        if (firstOffset < head.Next)
        {
            _unsettled.Add((segment, _first ?? head.Next, recordBytes));
            _first = firstOffset;
        }

        if (IsComplete)
        {
            Settle();
        }
    }

    /// <summary>Ends the gathering.</summary>
    public void Settle()
    {
        foreach (var (segment, end, bytes) in _unsettled)
        {
            if (end > _head!.Start)
            {
                segment.LiveRecordBytes += bytes;
                _bytes += bytes;
            }
        }

        _unsettled.Clear();
    }

    /// <summary>What is known of the topic.</summary>
    public TopicDescription Describe() => new(
        topic,
        new LogOffset(_head!.Start),
        new LogOffset(_head.Next),
        _bytes,
        _segments,
        Time(_head.LastAppendUnixMs),
        Time(_head.TrimmedAtUnixMs),
        Time(_head.DeletedAtUnixMs),
        _head.Positions,
        _head.Producers.Count);

    private static TopicHead Merge(TopicHead newer, TopicHead older) => new(
        Math.Max(newer.Start, older.Start),
        Math.Max(newer.Next, older.Next),
        Math.Max(newer.LastAppendUnixMs, older.LastAppendUnixMs),
        Math.Max(newer.TrimmedAtUnixMs, older.TrimmedAtUnixMs),
        newer.DeletedAtUnixMs > 0 ? newer.DeletedAtUnixMs : newer.Next > older.Next ? 0 : older.DeletedAtUnixMs,
        Math.Max(newer.LastGroup, older.LastGroup),
        [.. newer.Positions.UnionBy(older.Positions, static pair => pair.Key).OrderBy(static pair => pair.Key)],
        [.. newer.Producers.UnionBy<ProducerHead, ProducerId>(older.Producers, static producer => producer.Producer)]);

    private static DateTimeOffset? Time(long unixMs) => unixMs == 0 ? null : ToolTime.From(unixMs);
}

/// <summary>What the topics add up to in a segment. Not thread-safe.</summary>
internal sealed class SegmentTally
{
    public int Topics { get; set; }

    public long RecordBytes { get; set; }

    public long LiveRecordBytes { get; set; }
}
