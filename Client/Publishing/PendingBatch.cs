using EventMesh.Client.Events;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Publishing;

/// <summary>Publishes to one topic at one durability that travel together. Not thread-safe: its owner's lock guards it until it is sent.</summary>
internal sealed class PendingBatch(TopicName topic, Durability durability, int firstBytes)
{
    private readonly EventBatchBuilder _events = new(Math.Max(256, firstBytes + 16));
    private readonly List<PendingPublish> _publishes = [];

    public TopicName Topic { get; } = topic;

    public Durability Durability { get; } = durability;

    public int Count => _publishes.Count;

    /// <summary>Bytes of the encoded events, as the window counts them.</summary>
    public long Bytes { get; private set; }

    public EventBatch Events => _events.Build();

    /// <summary>Who publishes them, and the number of the first; nobody if they are not repeated.</summary>
    public ProducerStamp Producer { get; set; }

    /// <summary>The lane that has it under way; null for a batch that has none.</summary>
    public TopicLane? Lane { get; set; }

    /// <summary>When its first event was published: a timestamp of the client's clock.</summary>
    public long Since { get; init; }

    /// <summary>Whether an attempt was not answered, so that no refusal of a later one says that it is not stored.</summary>
    public bool IsInDoubt { get; set; }

    /// <summary>The waits between attempts; null before the second.</summary>
    public Backoff? Backoff { get; set; }

    public void Add(PendingPublish publish)
    {
        _events.Add(publish.Payload.Span, publish.Options.Headers);
        _publishes.Add(publish);
        Bytes += publish.Bytes;
    }

    public void Complete(NodeIdentity origin, long firstSequence, LogOffset firstOffset, Durability durability, bool isDuplicate)
    {
        for (var i = 0; i < _publishes.Count; i++)
        {
            _publishes[i].TrySetResult(new Receipt(origin, firstSequence + i, firstOffset.Plus(i), durability, isDuplicate));
        }
    }

    /// <summary>Fails the publishes; where an attempt was not answered, whatever was said later, they may be stored.</summary>
    public void Fail(Exception exception)
    {
        var outcome = IsInDoubt && exception is EventMeshException { Code: not MeshErrorCode.OutcomeUnknown }
            ? new EventMeshException(MeshErrorCode.OutcomeUnknown, $"An attempt was not answered, and another failed: {exception.Message}", exception)
            : exception;
        foreach (var publish in _publishes)
        {
            publish.TrySetException(outcome);
        }
    }

    /// <summary>The same publishes one by one, as the same producer's.</summary>
    public IReadOnlyList<PendingBatch> Singly() => [.. _publishes.Select((publish, i) =>
    {
        var single = new PendingBatch(Topic, Durability, publish.Bytes)
        {
            Producer = Producer with { FirstSequence = Producer.FirstSequence + i },
            Since = Since,
            IsInDoubt = IsInDoubt,
            Backoff = Backoff,
        };
        single.Add(publish);
        return single;
    })];
}
