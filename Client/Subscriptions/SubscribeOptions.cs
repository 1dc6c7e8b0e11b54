using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Subscriptions;

/// <summary>Where a subscription starts in topics that it has no cursor for.</summary>
public enum SubscriptionStart
{
    /// <summary>At what is published once the subscription is open.</summary>
    Live,

    /// <summary>At the oldest record held.</summary>
    Earliest,

    /// <summary>At <see cref="SubscribeOptions.Offset"/>; for a subscription to one topic.</summary>
    Offset,

    /// <summary>At <see cref="SubscribeOptions.Time"/>.</summary>
    Time,
}

/// <summary>What to subscribe to, and from where.</summary>
public sealed record SubscribeOptions
{
    /// <summary>1 to 64 patterns; an event that several match is delivered once.</summary>
    public required IReadOnlyList<TopicPattern> Patterns { get; init; }

    /// <summary>Where to start. Default: live.</summary>
    public SubscriptionStart Start { get; init; }

    /// <summary>See <see cref="SubscriptionStart.Offset"/>.</summary>
    public LogOffset Offset { get; init; }

    /// <summary>See <see cref="SubscriptionStart.Time"/>; by the node's clock.</summary>
    public DateTimeOffset Time { get; init; }

    /// <summary>Cursors of an earlier subscription at the same node, to go on at; they win over <see cref="Start"/>.</summary>
    public IReadOnlyList<SubscriptionCursor> Cursors { get; init; } = [];
}

/// <summary>Where a subscriber stands in one topic of one node.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Next">Offset of the next record.</param>
/// <param name="LastOrigin">Origin of the last record, if it was an event.</param>
/// <param name="LastPosition">Its position: by both the node can tell whether its log is still the same.</param>
public sealed record SubscriptionCursor(TopicName Topic, LogOffset Next, NodeId LastOrigin = default, Position LastPosition = default);
