using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Routing;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using EventMesh.PeerLink.Sessions;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.World;
using EventMesh.Storage;

namespace EventMesh.Simulation.Tests.Nodes;

/// <summary>One process of a node: its open log, its writers, its links, and what it knows of its peers. It takes the silo's part towards the links.</summary>
internal sealed class SimLife : ILinkHost, IFlushListener
{
    private readonly SimWorld _world;
    private readonly SimNode _node;
    private readonly RoutingTable<NodeId> _remoteInterest = new();
    private readonly MatchSet<NodeId> _matches = new();
    private readonly Dictionary<NodeId, IReadOnlyList<TopicPattern>> _remotePatterns = [];
    private readonly Dictionary<TopicName, ITopicWriter> _writers = [];
    private readonly Dictionary<NodeId, SimPeer> _peers = [];
    private long _interestVersion = 1;

    public SimLife(SimWorld world, SimNode node, IEventLog log)
    {
        _world = world;
        _node = node;
        Log = log;
        log.Subscribe(this);
        foreach (var topic in world.Plan.Topics)
        {
            // A power failure may have come between a flush and the telling of it.
            world.Oracle.Opened(node.Id, log, topic);
        }

        foreach (var other in node.Others.Values)
        {
            _peers[other.Id] = new SimPeer(world, node, this, other);
        }
    }

    public IEventLog Log { get; }

    public NodeIdentity Identity => Log.Identity;

    public NodeInterest Interest => new(_interestVersion, _node.Wants);

    /// <summary>Whether the process still runs: whatever comes back to a dead one is dropped.</summary>
    public bool IsAlive { get; private set; } = true;

    public IReadOnlyDictionary<NodeId, SimPeer> Peers => _peers;

    public void Start()
    {
        foreach (var peer in _peers.Values)
        {
            peer.DialWhenDue();
        }
    }

    public void Die(bool tellPeers)
    {
        IsAlive = false;
        foreach (var peer in _peers.Values)
        {
            peer.Die(tellPeers);
        }
    }

    /// <summary>Stops as a service does: links drain and say goodbye, then the log is flushed and closed.</summary>
    public async Task StopAsync()
    {
        foreach (var peer in _peers.Values)
        {
            peer.StopLinks();
        }

        await _world.Loop.DelayAsync(_world.Plan.Links.DrainTimeout + TimeSpan.FromSeconds(1));
        if (IsAlive)
        {
            await Log.DisposeAsync();
        }
    }

    public void InterestChanged()
    {
        _interestVersion++;
        foreach (var peer in _peers.Values)
        {
            peer.InterestChanged();
        }
    }

    /// <summary>Publishes a batch and, if it is acknowledged, enters the receipt into the oracle.</summary>
    public async Task PublishAsync(TopicName topic, EventBatch events)
    {
        try
        {
            var writer = await WriterAsync(topic);
            var pending = writer.AppendAsync(events, Durability.Disk, CancellationToken.None);
            if (_world.Plan.Variant == SimVariant.SendBeforeFlush)
            {
                _node.Store.Expose(topic);
                Wake(new TopicAdvance(topic, Log.GetReader(topic).Bounds.End));
            }

            var receipt = await pending;
            _world.Oracle.Acknowledged(_node.Id, topic, receipt, events);
        }
        catch (EventMeshException e) when (e.Code is MeshErrorCode.LogClosed or MeshErrorCode.LogFenced or MeshErrorCode.Busy or MeshErrorCode.LogFull or MeshErrorCode.LogFailed)
        {
            // The node went down, or refused: without a receipt nothing was promised.
            _world.Loop.Trace($"{_node.Id} publish to {topic}: {e.Code}");
        }
    }

    /// <summary>The topic's writer moves, as when its activation does: the older one is fenced.</summary>
    public void MoveWriters() => _writers.Clear();

    void IFlushListener.OnFlushed(ReadOnlySpan<TopicAdvance> advances)
    {
        _node.Store.Flushed();
        try
        {
            foreach (var advance in advances)
            {
                _world.Oracle.Flushed(_node.Id, Log, advance);
                Wake(advance);
            }
        }
        catch (Exception e)
        {
            // Stores guard themselves against listeners that throw, and would go on.
            _world.Loop.Fail(e);
        }
    }

    public IDisposable OnInterestChanged(Action onChange) => throw new NotSupportedException("Peers are told by InterestChanged.");

    public async ValueTask<long> SetRemoteInterestAsync(
        NodeId peer, IReadOnlyList<TopicPattern> patterns, Action<TopicAdvance> onAdvance, CancellationToken cancellationToken)
    {
        await _world.Loop.DelayAsync(_world.Soon());
        if (patterns.Count > 0 && _world.Chance(0.03))
        {
            _world.Faults.Count(SimFault.InterestNotApplied);
            throw new EventMeshException(MeshErrorCode.Busy, "A silo does not answer.");
        }

        foreach (var pattern in _remotePatterns.GetValueOrDefault(peer) ?? [])
        {
            _remoteInterest.Remove(pattern, peer);
        }

        _remotePatterns[peer] = patterns;
        foreach (var pattern in patterns)
        {
            _remoteInterest.Add(pattern, peer);
        }

        return Log.CurrentTimeUnixMs;
    }

    public async ValueTask<ReplicateOutcome> ReplicateAsync(
        TopicName topic, NodeId origin, IReadOnlyList<ReplicaItem> items, CancellationToken cancellationToken)
    {
        await _world.Loop.DelayAsync(_world.Soon());
        if (_world.Chance(_world.Plan.StoreRefuses))
        {
            _world.Faults.Count(SimFault.StoreRefuses);
            return new ReplicateOutcome([], MeshErrorCode.LogFull, TimeSpan.FromMilliseconds(_world.Random.Next(20, 600)));
        }

        if (_world.Plan.Variant == SimVariant.AckBeforeAppend)
        {
            _world.Loop.Start(() => StoreAsync(topic, items));
            return new ReplicateOutcome([.. items.Select(AsIfStored)], MeshErrorCode.None, null);
        }

        return await StoreAsync(topic, items);
    }

    public ValueTask<PublishReceipt> IngestAsync(TopicName topic, EventBatch events, CancellationToken cancellationToken) =>
        throw new NotSupportedException("There are no reference peers in this world.");

    private static ReplicateResult AsIfStored(ReplicaItem item) =>
        new(ReplicaVerdict.Take, item.Batch?.Last ?? item.Gap!.To, item.Batch?.Events.Count ?? 1, 0, false);

    private async Task<ReplicateOutcome> StoreAsync(TopicName topic, IReadOnlyList<ReplicaItem> items)
    {
        var results = new List<ReplicateResult>();
        try
        {
            var writer = await WriterAsync(topic);
            var pending = items.TakeWhile(item => !IsPoison(item)).Select(item => Hand(writer, item).AsTask()).ToList();
            foreach (var task in pending)
            {
                results.Add(await task);
            }
        }
        catch (EventMeshException e)
        {
            return new ReplicateOutcome(results, e.Code, e.RetryAfter);
        }

        return new ReplicateOutcome(results, results.Count == items.Count ? MeshErrorCode.None : MeshErrorCode.EventTooLarge, null);
    }

    private static ValueTask<ReplicateResult> Hand(ITopicWriter writer, ReplicaItem item) => item.Batch is { } batch
        ? writer.ReplicateAsync(batch, CancellationToken.None)
        : writer.ReplicateAsync(item.Gap!, CancellationToken.None);

    /// <summary>Whether this node can never take the item: a policy that only the receiver knows.</summary>
    private static bool IsPoison(ReplicaItem item)
    {
        if (item.Batch is not { } batch)
        {
            return false;
        }

        var reader = new EventBatchReader(batch.Events);
        while (reader.MoveNext())
        {
            if (Poison.IsIn(reader.Body))
            {
                return true;
            }
        }

        return false;
    }

    private async Task<ITopicWriter> WriterAsync(TopicName topic)
    {
        if (!_writers.TryGetValue(topic, out var writer))
        {
            _writers[topic] = writer = await Log.OpenWriterAsync(topic, CancellationToken.None);
        }

        return writer;
    }

    private void Wake(TopicAdvance advance)
    {
        _remoteInterest.Match(advance.Topic, _matches);
        foreach (var peer in _matches.Targets)
        {
            if (_world.Chance(0.05))
            {
                _world.Faults.Count(SimFault.WakeUpLost);
                continue;
            }

            var woken = _peers[peer];
            _world.Loop.In(_world.Soon(), () => woken.Advanced(advance.Topic));
        }
    }
}
