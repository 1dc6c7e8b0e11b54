using EventMesh.Client.Events;

namespace EventMesh.Client.Subscriptions;

/// <summary>An open subscription: enumerate it once, with one reader.</summary>
/// <remarks>
/// Records of one topic come in log order, each once, gaps included. When the connection breaks, the subscription goes on where it was, so that within
/// one enumeration nothing is skipped and nothing is doubled; it tries until it is disposed, cancelled or refused.
/// </remarks>
public interface IMeshSubscription : IAsyncEnumerable<MeshEvent>, IAsyncDisposable
{
    /// <summary>How often the connection was made again.</summary>
    int Reconnects { get; }

    /// <summary>Where the reader stands, for topics that it got records of. Read it between two records.</summary>
    IReadOnlyList<SubscriptionCursor> Cursors { get; }
}
