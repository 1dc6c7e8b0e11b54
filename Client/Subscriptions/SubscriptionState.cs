namespace EventMesh.Client.Subscriptions;

/// <summary>What a subscription needs to open, or to go on after a break.</summary>
/// <param name="Options">What was asked for.</param>
/// <param name="StartValue">The offset or UTC milliseconds that the start calls for; for a live one that was open before, its first moment.</param>
/// <param name="Cursors">Where the reader stands.</param>
internal sealed record SubscriptionState(SubscribeOptions Options, long? StartValue, IReadOnlyList<SubscriptionCursor> Cursors);
