using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node;

/// <summary>What a silo gives its links: the node's interest, its logs, and its topic grains. Thread-safe.</summary>
public interface ILinkHost
{
    /// <summary>Who this node is.</summary>
    NodeIdentity Identity { get; }

    /// <summary>The logs, to read from.</summary>
    IEventLog Log { get; }

    /// <summary>What the node's own sessions want, on all silos; the version grows with every change.</summary>
    NodeInterest Interest { get; }

    /// <summary>Calls <paramref name="onChange"/> after <see cref="Interest"/> has changed, until disposed. It must return quickly.</summary>
    IDisposable OnInterestChanged(Action onChange);

    /// <summary>Has <paramref name="onAdvance"/> called for topics that match <paramref name="patterns"/> when their read limit moves, wherever in the node they
    /// are written. Replaces the peer's earlier patterns; an empty list ends it.</summary>
    /// <returns>Ends when every silo of the node has applied it: what is flushed from then on wakes. The result is the log's time at that moment
    /// (<see cref="IEventLog.CurrentTimeUnixMs"/>): where "live" begins for a peer that has no position.</returns>
    /// <remarks>A wake-up can be lost when a silo is; links therefore also look through changed topics once a second.</remarks>
    ValueTask<long> SetRemoteInterestAsync(
        NodeId peer, IReadOnlyList<TopicPattern> patterns, Action<TopicAdvance> onAdvance, CancellationToken cancellationToken);

    /// <summary>Stores another node's events or gaps of one topic and origin, in order. One call in flight per topic and link.</summary>
    /// <returns>The outcomes, in order. A failure ends them early: its code is in the result, nothing after it was stored.</returns>
    ValueTask<ReplicateOutcome> ReplicateAsync(
        TopicName topic, NodeId origin, IReadOnlyList<ReplicaItem> items, CancellationToken cancellationToken);

    /// <summary>Stores events that a reference peer sent without identity, as this node's own.</summary>
    ValueTask<PublishReceipt> IngestAsync(TopicName topic, EventBatch events, CancellationToken cancellationToken);
}

/// <summary>The node's interest at a moment.</summary>
public sealed record NodeInterest(long Version, IReadOnlyList<TopicPattern> Patterns);

/// <summary>A batch or a gap: exactly one of the two is set.</summary>
public readonly record struct ReplicaItem(ReplicaBatch? Batch, Gap? Gap);

/// <summary>What became of the items of a replicate call.</summary>
/// <param name="Results">One result for each item that was decided.</param>
/// <param name="Code">Why the others were not; none when all were.</param>
/// <param name="RetryAfter">When it is worth trying again, for transient codes.</param>
public sealed record ReplicateOutcome(IReadOnlyList<ReplicateResult> Results, Core.Errors.MeshErrorCode Code, TimeSpan? RetryAfter);
