using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Sessions;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.World;
using EventMesh.Storage;
using EventMesh.Storage.Memory;

namespace EventMesh.Simulation.Tests.Nodes;

/// <summary>What all parts of a simulated world share.</summary>
internal sealed record SimWorld(SimLoop Loop, Random Random, SimPlan Plan, Oracle Oracle, FaultTally Faults, ILinkProbe Probe)
{
    /// <summary>A short random time: what a call within a node takes.</summary>
    public TimeSpan Soon() => TimeSpan.FromMilliseconds(0.05 + Random.NextDouble() * 2);

    public bool Chance(double probability) => Random.NextDouble() < probability;
}

/// <summary>A node: what outlives its processes (store, clock, wishes), and the process that runs now.</summary>
internal sealed class SimNode : IWorkScheduler
{
    private readonly SimWorld _world;
    private long _storeNumber;
    private Incarnation _lastIncarnation;

    public SimNode(SimWorld world, NodeId id)
    {
        _world = world;
        Id = id;
        Clock = new SimClock(world.Loop);
        Store = CreateStore();
        Wants = [world.Plan.Patterns[world.Random.Next(world.Plan.Patterns.Count)]];
    }

    public NodeId Id { get; }

    public SimClock Clock { get; }

    public MemoryLogStore Store { get; private set; }

    /// <summary>The patterns that the node's sessions want, over all its lives.</summary>
    public IReadOnlyList<TopicPattern> Wants { get; private set; }

    /// <summary>The process; null while the node is down.</summary>
    public SimLife? Life { get; private set; }

    /// <summary>Added to every flush.</summary>
    public TimeSpan SlowFlush { get; set; }

    /// <summary>The nodes that this one dials.</summary>
    public List<SimNode> Dials { get; } = [];

    /// <summary>The network to another node.</summary>
    public Dictionary<NodeId, SimRoute> Routes { get; } = [];

    /// <summary>Where topics are flushed to that show more than that; empty in a sound node.</summary>
    public Dictionary<TopicName, long> Exposed { get; } = [];

    public Dictionary<NodeId, SimNode> Others { get; } = [];

    public void Start()
    {
        var log = Store.OpenLog(_lastIncarnation);
        _lastIncarnation = log.Identity.Incarnation;
        _world.Loop.Trace($"{Id} starts as {_lastIncarnation}");
        Life = new SimLife(_world, this, log);
        Life.Start();
    }

    /// <summary>Kill -9 and power loss: what is not flushed is gone, and nobody says goodbye.</summary>
    public void Crash(bool tellPeers)
    {
        if (Life is { } life)
        {
            _world.Loop.Trace($"{Id} crashes");
            Life = null;
            BrokenStores.Hide(Store, Exposed);
            Store.LoseUnflushed();
            life.Die(tellPeers);
        }
    }

    /// <summary>The node comes back with an empty store: what a restart is to a store in memory.</summary>
    public void LoseStore()
    {
        _world.Loop.Trace($"{Id} loses its store");
        Store = CreateStore();
    }

    public void Want(IReadOnlyList<TopicPattern> patterns)
    {
        _world.Loop.Trace($"{Id} wants {string.Join(' ', patterns)}");
        Wants = patterns;
        Life?.InterestChanged();
    }

    void IWorkScheduler.Schedule(Action work)
    {
        var store = Store;
        _world.Loop.In(_world.Soon() + _world.Plan.FlushTime + SlowFlush, () =>
        {
            // The flush of a store that was lost meanwhile flushes nothing.
            if (store == Store)
            {
                work();
            }
        });
    }

    private MemoryLogStore CreateStore()
    {
        var store = new MemoryLogStore(Id, _world.Plan.Storage, Clock, this);
        _world.Oracle.BeginStore(Id, ++_storeNumber);
        BrokenStores.Break(store, _world.Plan.Variant);
        return store;
    }
}
