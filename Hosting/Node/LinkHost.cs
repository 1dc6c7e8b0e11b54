using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Hosting.Node.Replicating;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node;

/// <summary>What the silo's links need of the node.</summary>
internal sealed class LinkHost(
    NodeLog log, InterestTable table, InterestSync sync, IMeshNode node, TopicReplicator replicator) : ILinkHost
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, PeerWake> _peers = [];

    public NodeIdentity Identity => log.Identity;

    public IEventLog Log => log.Log;

    public NodeInterest Interest => table.Interest;

    public IDisposable OnInterestChanged(Action onChange) => table.OnInterestChanged(onChange);

    public async ValueTask<long> SetRemoteInterestAsync(
        NodeId peer, IReadOnlyList<TopicPattern> patterns, Action<TopicAdvance> onAdvance, CancellationToken cancellationToken)
    {
        var next = new PeerWake(patterns.ToHashSet(), onAdvance);
        await sync.WaitAppliedAsync(Replace(peer, next), cancellationToken);
        return log.Log.CurrentTimeUnixMs;
    }

    public ValueTask<ReplicateOutcome> ReplicateAsync(
        TopicName topic, NodeId origin, IReadOnlyList<ReplicaItem> items, CancellationToken cancellationToken) =>
        replicator.ReplicateAsync(topic, origin, items, cancellationToken);

    public ValueTask<PublishReceipt> IngestAsync(TopicName topic, EventBatch events, CancellationToken cancellationToken) =>
        node.PublishAsync(topic, events, Durability.Disk, cancellationToken);

    /// <summary>Puts the new patterns in before it takes the old ones out, so that what is in both never goes missing.</summary>
    private long Replace(NodeId peer, PeerWake next)
    {
        lock (_gate)
        {
            var version = table.Add(next.Patterns, next, InterestKind.Woken);
            if (_peers.Remove(peer, out var old))
            {
                table.Remove(old.Patterns, old, InterestKind.Woken);
            }

            if (next.Patterns.Count > 0)
            {
                _peers[peer] = next;
            }

            return version;
        }
    }

    /// <summary>A peer's interest as a target of wake-ups. Topics of the system stay on their node.</summary>
    private sealed class PeerWake(IReadOnlyCollection<TopicPattern> patterns, Action<TopicAdvance> onAdvance) : IWakeTarget
    {
        public IReadOnlyCollection<TopicPattern> Patterns { get; } = patterns;

        public bool IsRemote => false;

        public void OnAdvanced(TopicAdvance advance)
        {
            if (!advance.Topic.IsSystem)
            {
                onAdvance(advance);
            }
        }
    }
}
