using EventMesh.Core.Events;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>What is published.</summary>
/// <param name="Events">The events.</param>
/// <param name="Producer">Who publishes them, or nobody.</param>
/// <param name="Durability">What the receipt waits for.</param>
internal readonly record struct Publication(EventBatch Events, ProducerStamp Producer, Durability Durability);

/// <summary>A publish that waits for its turn or its receipt.</summary>
internal sealed class PendingPublish(Publication publication)
    : TaskCompletionSource<PublishReceipt>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private const int Waiting = 0;
    private const int Sent = 1;
    private const int GivenUp = 2;
    private int _state;

    public EventBatch Events { get; } = publication.Events;

    public ProducerStamp Producer { get; } = publication.Producer;

    public Durability Durability { get; } = publication.Durability;

    /// <summary>Marks it as under way; false when its caller has given up before.</summary>
    public bool TrySend() => Interlocked.CompareExchange(ref _state, Sent, Waiting) == Waiting;

    /// <summary>The caller waits no longer. What is under way stays under way; what is not is never sent.</summary>
    public void GiveUp(CancellationToken cancellationToken)
    {
        Interlocked.CompareExchange(ref _state, GivenUp, Waiting);
        TrySetCanceled(cancellationToken);
    }
}
