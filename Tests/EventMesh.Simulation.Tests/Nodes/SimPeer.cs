using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.World;

namespace EventMesh.Simulation.Tests.Nodes;

/// <summary>A peer as one process of a node sees it: the supervisor, the links to it, and the dialling.</summary>
internal sealed class SimPeer
{
    private readonly SimWorld _world;
    private readonly SimNode _node;
    private readonly SimLife _life;
    private readonly SimNode _other;
    private readonly PeerSupervisor _supervisor;
    private readonly List<SimLink> _links = [];
    private bool _isStopping;
    private long _lastKey;
    private TimeSpan _armedAt = TimeSpan.MaxValue;

    public SimPeer(SimWorld world, SimNode node, SimLife life, SimNode other)
    {
        (_world, _node, _life, _other) = (world, node, life, other);
        _supervisor = new PeerSupervisor(life.Identity, other.Id, node.Dials.Contains(other), world.Plan.Links, world.Random.NextDouble);
    }

    /// <summary>The other node.</summary>
    public SimNode Other => _other;

    /// <summary>The link that stays; null while there is none.</summary>
    public SimLink? Current => _links.Find(link => link.Key == _supervisor.CurrentLink);

    public IReadOnlyList<SimLink> Links => _links;

    private LinkTime Now => new(_world.Loop.Now, _node.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    public void Die(bool tellPeers)
    {
        foreach (var link in _links.ToArray())
        {
            link.Kill(tellPeers);
        }
    }

    public void StopLinks()
    {
        _isStopping = true;
        foreach (var link in _links.ToArray())
        {
            link.Give(new CloseRequested(MeshErrorCode.LinkClosed, "The node is stopping.", null, Drain: true));
        }
    }

    public void InterestChanged()
    {
        foreach (var link in _links.ToArray())
        {
            link.GiveInterest();
            if (_world.Chance(0.3))
            {
                // The same change told twice, as by a watcher that was woken twice.
                link.GiveInterest();
            }
        }
    }

    public void Advanced(TopicName topic) => Current?.Give(new TopicAdvanced(topic));

    /// <summary>Dials now if the supervisor says so, and else looks again when it says.</summary>
    public void DialWhenDue()
    {
        if (!_life.IsAlive || _isStopping || _supervisor.NextDialAt is not { } at)
        {
            return;
        }

        if (at > _world.Loop.Now)
        {
            Arm(at);
        }
        else if (_supervisor.TryBeginDial(Now) is { } number)
        {
            _world.Loop.Trace($"{_node.Id} dials {_other.Id} as {number}");
            _world.Loop.In(_node.Routes[_other.Id].Delay(), () => Connect(number));
        }
    }

    /// <summary>Opens a stream although there is one: a dial from before that was under way all the time.</summary>
    public void DialAgain() => Connect(Now.UnixMs + _world.Random.Next(-2000, 2000));

    /// <summary>The other node has opened a stream.</summary>
    public void Accept(SimConnection connection) => Begin(connection, LinkRole.Listener, 0);

    public PeerMemory? Identify(SimLink link, LinkIdentity identity)
    {
        var verdict = _supervisor.Identified(link.Key, identity, Now);
        _world.Loop.Trace($"{_node.Id} judges link {link.Key} {identity}: {verdict}");
        if (verdict.Replaced is { } replaced)
        {
            _links.Find(other => other.Key == replaced)?.Give(new CloseRequested(verdict.ReplacedCode, "Another link stays.", null, Drain: false));
        }

        if (!verdict.Admit)
        {
            link.Give(new CloseRequested(verdict.Code, verdict.Message, verdict.RetryAfter, Drain: false));
        }

        return verdict.Admit ? _supervisor.Memory : null;
    }

    public void HealthChanged(SimLink link, LinkHealth health) => _supervisor.HealthReported(link.Key, health, MeshErrorCode.None, "");

    public void Ended(SimLink link, CloseLink close)
    {
        _links.Remove(link);
        if (!_life.IsAlive)
        {
            return;
        }

        if (link.Identity is not null)
        {
            _supervisor.LinkEnded(link.Key, close, Now);
        }
        else if (link.Role == LinkRole.Dialer)
        {
            _supervisor.DialFailed(Now, close.Code, close.RetryAfter, close.ByPeer);
        }

        if (Current is null)
        {
            _world.Loop.Start(WithdrawInterestAsync);
        }

        DialWhenDue();
    }

    private async Task WithdrawInterestAsync()
    {
        await _world.Loop.DelayAsync(_world.Soon());
        if (_life.IsAlive && Current is null)
        {
            await _life.SetRemoteInterestAsync(_other.Id, [], static _ => { }, CancellationToken.None);
        }
    }

    private void Connect(long number)
    {
        if (!_life.IsAlive)
        {
            return;
        }

        var route = _node.Routes[_other.Id];
        if (route.IsSilent)
        {
            _world.Loop.In(_world.Plan.Links.DialTimeout, () => Unreachable("No answer."));
        }
        else if (_other.Life is not { } target)
        {
            Unreachable("Nobody listens.");
        }
        else
        {
            var connection = new SimConnection(_world.Loop, route);
            Begin(connection, LinkRole.Dialer, number);
            target.Peers[_node.Id].Accept(connection);
        }
    }

    private void Unreachable(string why)
    {
        if (_life.IsAlive)
        {
            _supervisor.DialFailed(Now, MeshErrorCode.PeerUnreachable, null, byPeer: false);
            _world.Loop.Trace($"{_node.Id} cannot reach {_other.Id}: {why}");
            DialWhenDue();
        }
    }

    private void Begin(SimConnection connection, LinkRole role, long number)
    {
        var link = new SimLink(_world, _node, _life, this, connection, role, number, role == LinkRole.Dialer ? _other.Id : default, ++_lastKey);
        if (_world.Chance(0.01))
        {
            _world.Faults.Count(SimFault.SlowReceiver);
            link.ReadsFrom = _world.Loop.Now + _world.Plan.Links.HandshakeTimeout * 1.5;
        }

        _links.Add(link);
        link.Start();
    }

    private void Arm(TimeSpan at)
    {
        if (at < _armedAt)
        {
            _armedAt = at;
            _world.Loop.At(at, () =>
            {
                if (_armedAt == at)
                {
                    _armedAt = TimeSpan.MaxValue;
                    DialWhenDue();
                }
            });
        }
    }
}
