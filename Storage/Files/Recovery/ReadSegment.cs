using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>What reading a segment's groups has found. Not thread-safe.</summary>
internal sealed class ReadSegment(SegmentFile segment)
{
    private readonly Dictionary<TopicName, TopicHead> _otherHeads = [];

    /// <summary>What it holds, ready to be sealed.</summary>
    public SegmentContents Contents { get; } = new(segment);

    /// <summary>Whether anything in it did not check out: then its bytes are kept even if nothing else is in it.</summary>
    public bool IsDamaged { get; set; }

    /// <summary>Takes up a head.</summary>
    /// <param name="topic">Its topic.</param>
    /// <param name="head">The head; null where it is damaged.</param>
    /// <param name="next">The topic's next offset, which a head's entry in the table repeats.</param>
    /// <param name="group">The group that it came in.</param>
    public void TakeHead(TopicName topic, TopicHead? head, long next, long group)
    {
        var slice = Contents.SliceOf(topic);
        slice.Reach(group);
        var isFirst = slice.Runs.Count == 0 && slice.Changes.Count == 0;
        if (head is not null && isFirst)
        {
            slice.Head = head;
        }
        else if (head is not null || isFirst)
        {
            // Of use only where no earlier segment knows the topic.
            _otherHeads[topic] = head ?? new TopicHead(next, next, 0, 0, 0, 0, [], []);
        }
    }

    /// <summary>The head to begin with where no earlier segment has one.</summary>
    public TopicHead? OtherHead(TopicName topic) => _otherHeads.GetValueOrDefault(topic);
}
