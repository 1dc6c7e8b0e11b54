using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Publishing;

/// <summary>Whose publishes to which topic a lane holds.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Producer">The caller's producer; empty for the client itself, or for nobody.</param>
internal readonly record struct LaneKey(TopicName Topic, ProducerId Producer);

/// <summary>What one producer publishes to one topic: one batch under way, what comes meanwhile is the next. Not thread-safe.</summary>
/// <remarks>One at a time keeps the order whatever fails: nothing is sent after a batch whose outcome is open.</remarks>
/// <param name="key">Whose.</param>
/// <param name="number">The client's numbering; null where the caller numbers, or nobody.</param>
internal sealed class TopicLane(LaneKey key, ProducerNumber? number)
{
    private readonly LinkedList<PendingBatch> _waiting = new();
    private PendingBatch? _open;

    public LaneKey Key { get; } = key;

    /// <summary>The client's numbering, if it numbers this lane.</summary>
    public ProducerNumber? Number { get; } = number;

    /// <summary>The batch that is under way, or waits to be sent again.</summary>
    public PendingBatch? Current { get; private set; }

    /// <summary>Whether there is anything to send.</summary>
    public bool HasWork => Current is not null || _waiting.Count > 0;

    public void Add(PendingPublish publish, MeshClientOptions options)
    {
        if (_open is not { } batch || !Fits(batch, publish, options))
        {
            batch = new PendingBatch(Key.Topic, publish.Options.Durability, publish.Bytes)
            {
                Producer = publish.Options.Producer,
                Since = options.TimeProvider.GetTimestamp(),
            };
            _waiting.AddLast(batch);
            _open = batch;
        }

        batch.Add(publish);
    }

    /// <summary>Takes what is sent now: the batch whose turn it is, or the one that is sent again. Null when there is none.</summary>
    public PendingBatch? Begin()
    {
        if (Current is not null || _waiting.First is not { } first)
        {
            return Current;
        }

        _waiting.RemoveFirst();
        Current = first.Value;
        Current.Lane = this;
        Current.Producer = Number?.Next ?? Current.Producer;
        _open = _open == Current ? null : _open;
        return Current;
    }

    /// <summary>The batch under way is stored.</summary>
    public void Stored()
    {
        Number?.Advance(Current!.Count);
        Current = null;
    }

    /// <summary>The batch under way is given up. Where it may be stored all the same, or its number was refused, the client goes on as another producer.</summary>
    public void GivenUp(bool isNumberLost)
    {
        if (isNumberLost)
        {
            Number?.Renew();
        }

        Current = null;
    }

    /// <summary>The batch under way is to be sent as another producer's first.</summary>
    public void Renew()
    {
        Number!.Renew();
        Current!.Producer = Number.Next;
    }

    /// <summary>Puts the publishes of the batch under way before those that wait, one by one.</summary>
    public void Split()
    {
        foreach (var single in Current!.Singly().Reverse())
        {
            _waiting.AddFirst(single);
        }

        Current = null;
    }

    private bool Fits(PendingBatch batch, PendingPublish publish, MeshClientOptions options) =>
        batch.Durability == publish.Options.Durability
        && batch.Count < options.MaxMessageEvents
        && batch.Bytes + publish.Bytes <= options.MaxMessageBytes
        && (Key.Producer.IsEmpty || publish.Options.Producer == batch.Producer with { FirstSequence = batch.Producer.FirstSequence + batch.Count });
}
