using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Sessions;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.Stores;
using EventMesh.Simulation.Tests.World;

namespace EventMesh.Simulation.Tests.Nodes;

/// <summary>What all parts of a simulated world share.</summary>
internal sealed record SimWorld(SimLoop Loop, Random Random, SimPlan Plan, Oracle Oracle, FaultTally Faults, ILinkProbe Probe)
{
    /// <summary>A short random time: what a call within a node takes.</summary>
    public TimeSpan Soon() => TimeSpan.FromMilliseconds(0.05 + Random.NextDouble() * 2);

    public bool Chance(double probability) => Random.NextDouble() < probability;
}

/// <summary>A node: what outlives its processes (store, clock, wishes), and the process that runs now.</summary>
internal sealed class SimNode
{
    private readonly SimWorld _world;
    private long _storeNumber;
    private Incarnation _lastIncarnation;

    // What a store in memory, or a new one, is told of the node's earlier lives. One on files knows of them.
    private Incarnation _heardOf;

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

    public SimStore Store { get; private set; }

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

    public Dictionary<NodeId, SimNode> Others { get; } = [];

    /// <summary>What a flush takes now.</summary>
    public TimeSpan FlushDelay() => _world.Soon() + _world.Plan.FlushTime + SlowFlush;

    public void Start()
    {
        if (Store.Open(_world.Plan.UsesFiles ? _heardOf : _lastIncarnation) is not { } log)
        {
            StartLater();
            return;
        }

        _heardOf = default;
        _lastIncarnation = log.Identity.Incarnation;
        _world.Loop.Trace($"{Id} starts as {_lastIncarnation}");
        Life = new SimLife(_world, this, log);
        Life.Start();
    }

    public void StartLater() => _world.Loop.In(TimeSpan.FromMilliseconds(_world.Random.Next(50, 6000)), () =>
    {
        if (Life is null)
        {
            Start();
        }
    });

    /// <summary>The process ends, with or without its machine, and nobody says goodbye.</summary>
    public void End(ProcessEnd end, bool tellPeers)
    {
        if (Life is { } life)
        {
            _world.Loop.Trace($"{Id} ends: {end}");
            Life = null;
            Store.End(end);
            life.Die(tellPeers);
        }
    }

    /// <summary>The process ends by a fault of its disk, and is started again.</summary>
    public void GoDown(ProcessEnd end)
    {
        if (Life is not null)
        {
            End(end, _world.Chance(0.7));
            StartLater();
        }
    }

    /// <summary>The node comes back with an empty store: what a restart is to a store in memory.</summary>
    public void LoseStore()
    {
        _world.Loop.Trace($"{Id} loses its store");
        Store = CreateStore();
        _heardOf = _lastIncarnation;
    }

    public void Want(IReadOnlyList<TopicPattern> patterns)
    {
        _world.Loop.Trace($"{Id} wants {string.Join(' ', patterns)}");
        Wants = patterns;
        Life?.InterestChanged();
    }

    private SimStore CreateStore()
    {
        _world.Oracle.BeginStore(Id, ++_storeNumber);
        return _world.Plan.UsesFiles ? new FileSimStore(_world, this) : new MemorySimStore(_world, this);
    }
}
