using EventMesh.Core.Topics;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.Stores;
using EventMesh.Simulation.Tests.World;

namespace EventMesh.Simulation.Tests.Nodes;

/// <summary>Lets things go wrong at random moments, each for a while; in the end it mends them all.</summary>
internal sealed class FaultInjector(SimWorld world, IReadOnlyList<SimNode> nodes, IReadOnlyList<SimRoute> routes, IReadOnlyList<Publisher> publishers)
{
    private static readonly SimFault[] Kinds =
    [
        SimFault.StreamReset, SimFault.StreamReset, SimFault.StreamEnd, SimFault.HalfOpen, SimFault.Partition, SimFault.Delay, SimFault.Crash, SimFault.Crash,
        SimFault.StoreLost, SimFault.Restart, SimFault.SlowFlush, SimFault.ClockJump, SimFault.InterestChange, SimFault.InterestChange,
        SimFault.SlowReceiver, SimFault.WriterMoved, SimFault.ExtraDial, SimFault.Poison,
        SimFault.Kill, SimFault.DiskError, SimFault.DiskFull, SimFault.PowerFailsAtDisk, SimFault.PowerFailsAtDisk,
    ];

    private bool _isStopped;
    private int _restarts;

    /// <summary>Whether a node is still on its way down by its own will.</summary>
    public bool IsRestarting => _restarts > 0;

    public void Start() => world.Loop.In(Between(300, 1500), InjectAndGoOn);

    /// <summary>Ends every fault: nodes come up, routes carry, clocks may stay wrong.</summary>
    public void Mend()
    {
        _isStopped = true;
        foreach (var route in routes)
        {
            route.Heal();
        }

        foreach (var node in nodes)
        {
            node.SlowFlush = TimeSpan.Zero;
            node.Store.Mend();
            if (node.Life is null)
            {
                node.Start();
            }
        }
    }

    private void InjectAndGoOn()
    {
        if (!_isStopped)
        {
            var fault = world.Plan.IsFickle && world.Chance(0.5) ? SimFault.InterestChange : Kinds[world.Random.Next(Kinds.Length)];
            if (Inject(fault, nodes[world.Random.Next(nodes.Count)], routes[world.Random.Next(routes.Count)]))
            {
                world.Loop.Trace($"fault {fault}");
                world.Faults.Count(fault);
            }

            world.Loop.In(Between(100, world.Plan.IsFickle ? 1000 : 2500), InjectAndGoOn);
        }
    }

    /// <summary>False when there was nothing to be hurt.</summary>
    private bool Inject(SimFault fault, SimNode node, SimRoute route)
    {
        switch (fault)
        {
            case SimFault.StreamReset or SimFault.StreamEnd or SimFault.HalfOpen:
                return BreakStream(route, fault);
            case SimFault.Partition:
                route.Silence();
                world.Loop.In(Between(200, 12_000), route.Heal);
                return true;
            case SimFault.Delay:
                route.ExtraDelay = Between(20, 2000);
                world.Loop.In(Between(500, 5000), () => route.ExtraDelay = TimeSpan.Zero);
                return true;
            case SimFault.Crash or SimFault.StoreLost or SimFault.Kill:
                return TakeDown(node, fault);
            case SimFault.DiskError or SimFault.DiskFull or SimFault.PowerFailsAtDisk:
                return node.Store.Fail(fault);
            case SimFault.Restart:
                return Restart(node);
            case SimFault.SlowFlush:
                node.SlowFlush = Between(50, world.Chance(0.3) ? 9000 : 1000);
                world.Loop.In(Between(500, 4000), () => node.SlowFlush = TimeSpan.Zero);
                return true;
            case SimFault.ClockJump:
                node.Clock.Skew += (world.Chance(0.5) ? 1 : -1) * Between(1, 3_600_000);
                return true;
            case SimFault.InterestChange:
                ChangeInterest(node);
                return true;
            case SimFault.SlowReceiver:
                return SlowDown(node);
            case SimFault.WriterMoved:
                node.Life?.MoveWriters();
                return node.Life is not null;
            case SimFault.ExtraDial:
                return DialAgain(node);
            default:
                publishers[world.Random.Next(publishers.Count)].Publish(withPoison: true);
                return true;
        }
    }

    private bool BreakStream(SimRoute route, SimFault fault)
    {
        if (route.Connections.Count == 0)
        {
            return false;
        }

        var connection = route.Connections[world.Random.Next(route.Connections.Count)];
        if (fault == SimFault.StreamEnd)
        {
            connection.End();
            return true;
        }

        var isHalf = fault == SimFault.HalfOpen;
        var tellDialer = !isHalf || world.Chance(0.5);
        connection.Break(tellDialer, tellListener: !isHalf || !tellDialer);
        return true;
    }

    private bool TakeDown(SimNode node, SimFault fault)
    {
        if (node.Life is null)
        {
            return false;
        }

        node.End(fault == SimFault.Kill ? ProcessEnd.Kill : ProcessEnd.PowerFailure, tellPeers: world.Chance(0.7));
        if (fault == SimFault.StoreLost)
        {
            node.LoseStore();
        }

        node.StartLater();
        return true;
    }

    private bool Restart(SimNode node)
    {
        if (node.Life is not { } life)
        {
            return false;
        }

        _restarts++;
        world.Loop.Start(async () =>
        {
            await life.StopAsync();
            _restarts--;
            if (node.Life == life)
            {
                node.End(ProcessEnd.Kill, tellPeers: true);
                node.StartLater();
            }
        });
        return true;
    }

    private void ChangeInterest(SimNode node)
    {
        var before = node.Wants;
        node.Want(RandomInterest());
        if (world.Chance(0.4))
        {
            // It comes and goes faster than it can be told and applied.
            world.Loop.In(Between(0, 12), () => node.Want(before));
        }
    }

    private bool SlowDown(SimNode node)
    {
        var until = world.Loop.Now + Between(300, 5000);
        var links = node.Life?.Peers.Values.SelectMany(peer => peer.Links).ToList() ?? [];
        links.ForEach(link => link.ReadsFrom = until);
        return links.Count > 0;
    }

    private static bool DialAgain(SimNode node)
    {
        var peer = node.Life?.Peers.Values.FirstOrDefault(peer => node.Dials.Contains(peer.Other));
        peer?.DialAgain();
        return peer is not null;
    }

    private List<TopicPattern> RandomInterest() =>
        [.. Enumerable.Range(0, world.Random.Next(0, 4)).Select(_ => world.Plan.Patterns[world.Random.Next(world.Plan.Patterns.Count)]).Distinct()];

    private TimeSpan Between(int minMs, int maxMs) => TimeSpan.FromMilliseconds(world.Random.Next(minMs, maxMs));
}
