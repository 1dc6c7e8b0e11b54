using EventMesh.Client.Events;
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

    public void Add(PendingPublish publish)
    {
        _events.Add(publish.Payload.Span, publish.Options.Headers);
        _publishes.Add(publish);
        Bytes += publish.Bytes;
    }

    public void Complete(NodeIdentity origin, long firstSequence, LogOffset firstOffset, Durability durability)
    {
        for (var i = 0; i < _publishes.Count; i++)
        {
            _publishes[i].TrySetResult(new Receipt(origin, firstSequence + i, firstOffset.Plus(i), durability));
        }
    }

    public void Fail(Exception exception)
    {
        foreach (var publish in _publishes)
        {
            publish.TrySetException(exception);
        }
    }
}
