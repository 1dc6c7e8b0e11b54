using EventMesh.Core.Identity;
using EventMesh.PeerLink.Sessions;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.Nodes;
using EventMesh.Simulation.Tests.World;

namespace EventMesh.Simulation.Tests;

/// <summary>One seed's world from its first moment to its last: trouble for a while, then peace, then the checks.</summary>
internal sealed class SimMesh
{
    private const int MinSteps = 2_000;
    private const int MinFaults = 5;
    private const int MaxSteps = 100_000;
    private static readonly TimeSpan TroubleFor = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan PeaceAtMost = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(250);

    private readonly SimWorld _world;
    private readonly List<SimNode> _nodes = [];
    private readonly List<SimRoute> _routes = [];
    private readonly List<Publisher> _publishers;
    private readonly FaultInjector _faults;
    private readonly LogChecker _logs;

    public SimMesh(int seed, SimVariant variant, bool isTracing, bool checksFrames, ILinkProbe probe)
    {
        var random = new Random(seed);
        // Half of the seeds on disks, half in memory: by the seed's last bit, so that both have the same worlds otherwise.
        var plan = new SimPlan(random, variant, usesFiles: seed % 2 == 1) { ChecksFrames = checksFrames };
        _world = new SimWorld(new SimLoop { IsTracing = isTracing }, random, plan, new Oracle(), new FaultTally(), probe);
        Build();
        _publishers = [.. _nodes.Select(node => new Publisher(_world, node))];
        _faults = new FaultInjector(_world, _nodes, _routes, _publishers);
        _logs = new LogChecker(_world, _nodes);
    }

    public long Steps => _world.Loop.Steps;

    public FaultTally Faults => _world.Faults;

    public Oracle Oracle => _world.Oracle;

    public string TraceTail => _world.Loop.TraceTail;

    /// <summary>Runs the world; throws where a promise is broken.</summary>
    public void Run()
    {
        _nodes.ForEach(node => node.Start());
        _publishers.ForEach(publisher => publisher.Start());
        _faults.Start();
        _world.Loop.Run(TroubleFor, () => false);
        _world.Loop.Run(TroubleFor + TimeSpan.FromMinutes(2), () => Steps >= MinSteps && Faults.Total >= MinFaults);

        _publishers.ForEach(publisher => publisher.Stop());
        _faults.Mend();
        var peace = _world.Loop.Now;
        while (!IsQuiet())
        {
            if (_world.Loop.Now - peace > PeaceAtMost || Steps > MaxSteps)
            {
                throw new SimViolation($"Not quiet {_world.Loop.Now - peace} and {Steps} steps after all was mended: {_logs.Missing() ?? Unsettled()}");
            }

            _world.Loop.Run(_world.Loop.Now + Glance, () => Steps > MaxSteps);
        }

        // Quiet means quiet: nothing that comes late may undo it.
        _world.Loop.Run(_world.Loop.Now + TimeSpan.FromSeconds(5), () => false);
        _logs.Check();
        if (!IsQuiet())
        {
            throw new SimViolation($"Quiet did not last: {_logs.Missing() ?? Unsettled()}");
        }
    }

    private bool IsQuiet() => !_faults.IsRestarting && _nodes.TrueForAll(static node => node.Life is not null) && Unsettled() is null && _logs.IsComplete();

    private string? Unsettled() => _nodes
        .SelectMany(node => node.Life?.Peers.Values.Select(peer => (Node: node, Peer: peer)) ?? [])
        .Where(static pair => pair.Peer.Current is not { IsSettled: true })
        .Select(static pair => $"{pair.Node.Id} has no settled link to {pair.Peer.Other.Id}.")
        .FirstOrDefault();

    private void Build()
    {
        foreach (var name in new[] { "north", "east", "south", "west", "core" }.Take(_world.Plan.Nodes))
        {
            _nodes.Add(new SimNode(_world, NodeId.Parse(name)));
        }

        for (var i = 0; i < _nodes.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                Join(_nodes[i], _nodes[j]);
            }
        }
    }

    private void Join(SimNode a, SimNode b)
    {
        var route = new SimRoute(_world.Random);
        _routes.Add(route);
        a.Routes[b.Id] = b.Routes[a.Id] = route;
        a.Others[b.Id] = b;
        b.Others[a.Id] = a;
        var (first, second) = _world.Chance(0.5) ? (a, b) : (b, a);
        first.Dials.Add(second);
        if (_world.Plan.IsBothDialing)
        {
            second.Dials.Add(first);
        }
    }
}
