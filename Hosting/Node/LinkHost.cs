using System.Runtime.InteropServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Storage;
using Orleans;

namespace EventMesh.Hosting.Node;

/// <summary>What the silo's links need of the node.</summary>
internal sealed class LinkHost(
    NodeLog log, InterestTable table, InterestSync sync, IMeshNode node, IGrainFactory grains) : ILinkHost
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

    public async ValueTask<ReplicateOutcome> ReplicateAsync(
        TopicName topic, NodeId origin, IReadOnlyList<ReplicaItem> items, CancellationToken cancellationToken)
    {
        var request = new ReplicateRequest(origin.Value, [.. items.Select(ToReplica)]);
        try
        {
            var reply = await grains.GetGrain<ITopicGrain>(topic.Value).ReplicateAsync(request, cancellationToken);
            TimeSpan? retryAfter = reply.RetryAfterMs > 0 ? TimeSpan.FromMilliseconds(reply.RetryAfterMs) : null;
            return new ReplicateOutcome(Array.ConvertAll(reply.Outcomes, ToResult), reply.Code, retryAfter);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The topic's silo did not answer. Replicating is safe to repeat, so the link may simply try again.
            return new ReplicateOutcome([], MeshErrorCode.OutcomeUnknown, null);
        }
    }

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

    private static Replica ToReplica(ReplicaItem item) => item switch
    {
        { Batch: { } batch } => new Replica(
            batch.Incarnation.Value,
            batch.Previous.Incarnation.Value,
            batch.Previous.Sequence,
            batch.FirstSequence,
            batch.Hops,
            batch.Events.Count,
            batch.Events.BaseTimeUnixMs,
            ToArray(batch.Events.Bytes)),
        { Gap: { } gap } => new Replica(0, 0, -1, 0, 0, 0, 0, GapBody.Encode(gap)),
        _ => throw new ArgumentException("An item holds a batch or a gap.", nameof(item)),
    };

    private static ReplicateResult ToResult(ReplicaOutcome outcome)
    {
        var held = outcome.HeldSequence < 0 ? Position.None : new Position(new Incarnation(outcome.HeldIncarnation), outcome.HeldSequence);
        return new ReplicateResult(outcome.Verdict, held, outcome.Stored, outcome.Duplicates, outcome.Rewound);
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : bytes.ToArray();

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
