using EventMesh.Core.Events;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>A publish that waits for its turn or its receipt.</summary>
internal sealed class PendingPublish(EventBatch events, ProducerStamp producer, Durability durability)
    : TaskCompletionSource<PublishReceipt>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    private const int Waiting = 0;
    private const int Sent = 1;
    private const int GivenUp = 2;
    private int _state;

    public EventBatch Events { get; } = events;

    public ProducerStamp Producer { get; } = producer;

    public Durability Durability { get; } = durability;

    /// <summary>Marks it as under way; false when its caller has given up before.</summary>
    public bool TrySend() => Interlocked.CompareExchange(ref _state, Sent, Waiting) == Waiting;

    /// <summary>The caller waits no longer. What is under way stays under way; what is not is never sent.</summary>
    public void GiveUp(CancellationToken cancellationToken)
    {
        Interlocked.CompareExchange(ref _state, GivenUp, Waiting);
        TrySetCanceled(cancellationToken);
    }
}
