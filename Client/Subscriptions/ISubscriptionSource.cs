using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Subscriptions;

/// <summary>Opens connections for a subscription.</summary>
internal interface ISubscriptionSource
{
    /// <summary>Opens one; it delivers from the state's cursors on.</summary>
    /// <exception cref="Core.Errors.EventMeshException">Transient codes mean that a repeat has a chance.</exception>
    ValueTask<ISubscriptionConnection> OpenAsync(SubscriptionState state, CancellationToken cancellationToken);
}

/// <summary>One connection of a subscription. One reader.</summary>
internal interface ISubscriptionConnection : IAsyncDisposable
{
    /// <summary>Start value with which a live subscription goes on.</summary>
    long SinceUnixMs { get; }

    /// <summary>Topics whose cursor belongs to another log than the node has now.</summary>
    IReadOnlyList<TopicName> RewoundTopics { get; }

    /// <summary>Waits for records.</summary>
    /// <exception cref="Core.Errors.EventMeshException">The connection is over.</exception>
    ValueTask<IReadOnlyList<DeliveredRecords>> NextAsync(CancellationToken cancellationToken);
}

/// <summary>Consecutive records of one topic.</summary>
internal sealed record DeliveredRecords(TopicName Topic, LogOffset Next, LogOffset End, EventRecord[] Records);
