using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Client.Serialization;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.Client;

/// <summary>A program's way into the mesh, through one node. Thread-safe; make one and share it.</summary>
/// <remarks>Every method fails with <see cref="EventMeshException"/>; <see cref="MeshErrorCode.NodeNotReady"/> when the node cannot be reached.</remarks>
public interface IMeshClient : IAsyncDisposable
{
    /// <summary>How typed events are encoded.</summary>
    IEventSerializer Serializer { get; }

    /// <summary>Publishes an event; the task ends with a receipt once it is stored as safely as was asked for.</summary>
    /// <remarks>
    /// Need not be awaited before the next call: what is published while a message is under way goes together in the next one, and events of one topic are stored in the order
    /// of the calls (of one producer, where there are several). The payload and headers must not change until the task ends. Above the window (<see cref="MeshClientOptions.MaxPendingEvents"/>) a call waits its turn. Cancelling gives up the wait, not the event.
    /// <para>An event that has a producer (<see cref="MeshClientOptions.Idempotent"/>, <see cref="PublishOptions.Producer"/>) is published again after a transient failure or a lost
    /// answer, for <see cref="MeshClientOptions.MaxRetryTime"/>, and stored once.</para>
    /// </remarks>
    /// <exception cref="EventMeshException"><c>OutcomeUnknown</c> when the connection broke in between: the event may or may not be stored.
    /// <c>Busy</c> when too many calls wait. Otherwise nothing was stored.</exception>
    ValueTask<Receipt> PublishAsync(
        TopicName topic, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Opens a subscription; when the task ends, whatever is published anywhere in the node from then on and matches will be delivered.</summary>
    ValueTask<IMeshSubscription> OpenSubscriptionAsync(SubscribeOptions options, CancellationToken cancellationToken = default);

    /// <summary>Reads at most <paramref name="limit"/> (1 to 1,000) records of a topic from <paramref name="from"/> on, without waiting for new ones.</summary>
    ValueTask<ReadPage> ReadAsync(TopicName topic, LogOffset from, int limit, CancellationToken cancellationToken = default);

    /// <summary>Topics of the node that match <paramref name="pattern"/> (null: all), after <paramref name="after"/>, at most <paramref name="limit"/> (1 to 1,000).</summary>
    ValueTask<TopicPage> ListTopicsAsync(
        TopicPattern? pattern = null, TopicName after = default, int limit = 1_000, CancellationToken cancellationToken = default);

    /// <summary>The node's peers.</summary>
    ValueTask<IReadOnlyList<PeerReport>> ListPeersAsync(CancellationToken cancellationToken = default);

    /// <summary>The node's health.</summary>
    ValueTask<HealthReply> GetHealthAsync(CancellationToken cancellationToken = default);
}
