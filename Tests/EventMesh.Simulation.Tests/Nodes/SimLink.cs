using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Links;
using EventMesh.Hosting.Node;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.World;

namespace EventMesh.Simulation.Tests.Nodes;

/// <summary>Drives one real <see cref="LinkSession"/> over a simulated stream, as the product's runner does over a real one.</summary>
internal sealed class SimLink
{
    private const int MaxGivenFrames = 4;

    private readonly SimWorld _world;
    private readonly SimNode _node;
    private readonly SimLife _life;
    private readonly SimPeer _peer;
    private readonly SimConnection _connection;
    private readonly SimPipe _in;
    private readonly SimPipe _out;
    private readonly LinkSession _session;
    private readonly OwnEventReader _reader;
    private readonly FrameChecker _frames;
    private readonly Queue<LinkInput> _inputs = new();
    private readonly Queue<LinkFrame> _given = new();
    private readonly List<LinkOutput> _outputs = [];
    private TimeSpan _armedAt = TimeSpan.MaxValue;
    private bool _isStepping;
    private bool _isOver;

    public SimLink(
        SimWorld world, SimNode node, SimLife life, SimPeer peer, SimConnection connection, LinkRole role, long number, NodeId expectedPeer, long key)
    {
        (_world, _node, _life, _peer, _connection, Role, Key) = (world, node, life, peer, connection, role, key);
        _session = new LinkSession(life.Identity, role, number, expectedPeer, world.Plan.Links, world.Probe);
        _reader = new OwnEventReader(life);
        _frames = new FrameChecker(world, node, life, _session);
        (_in, _out) = role == LinkRole.Dialer ? (connection.ToDialer, connection.ToListener) : (connection.ToListener, connection.ToDialer);
    }

    public long Key { get; }

    public LinkRole Role { get; }

    public LinkIdentity? Identity { get; private set; }

    public SimConnection Connection => _connection;

    public bool IsSettled => _session.Phase == LinkPhase.Established && _session.IsInterestSynced;

    /// <summary>The receiver reads nothing until then: it is slow, not gone.</summary>
    public TimeSpan ReadsFrom { get; set; }

    private LinkTime Now => new(_world.Loop.Now, _node.Clock.GetUtcNow().ToUnixTimeMilliseconds());

    public void Start()
    {
        // The pipe that this side reads, and the room in the one that it writes.
        _in.Connect(OnFrame, code => Give(new StreamEnded(code, "The stream has ended.")));
        _out.OnRoom(Turn);
        GiveInterest();
        Give(new StreamOpened());
    }

    public void GiveInterest() => Give(new LocalInterestChanged(_life.Interest.Version, _life.Interest.Patterns));

    /// <summary>The process is gone: nothing of this link is ever heard of again.</summary>
    public void Kill(bool tellPeer)
    {
        _isOver = true;
        _connection.Break(tellDialer: tellPeer || Role == LinkRole.Dialer, tellListener: tellPeer || Role == LinkRole.Listener);
        _connection.Leave();
    }

    public void Give(LinkInput input)
    {
        _inputs.Enqueue(input);
        Turn();
    }

    /// <summary>Gives the session what waits and carries out what it wants, until neither is left.</summary>
    private void Turn()
    {
        if (_isStepping)
        {
            return;
        }

        _isStepping = true;
        while (!_isOver && _life.IsAlive && (_inputs.Count > 0 || Write()))
        {
            if (_inputs.TryDequeue(out var input))
            {
                _outputs.Clear();
                _session.Step(input, Now, _outputs);
                _frames.CheckBounds();
                foreach (var output in _outputs.ToArray())
                {
                    Carry(output);
                }
            }
        }

        _isStepping = false;
        Arm();
        if (!_isOver)
        {
            _in.Deliver();
        }
    }

    /// <summary>Gives the stream as many frames as it takes; true if the session has something to hear of it.</summary>
    private bool Write()
    {
        while (_given.Count < MaxGivenFrames && _session.NextFrame(Now) is { } frame)
        {
            _frames.CheckLeaving(frame);
            _world.Loop.Trace($"{_node.Id} link {Key} -> {frame}");
            _given.Enqueue(frame);
        }

        if (_given.Count == 0 || !_out.HasRoom)
        {
            return false;
        }

        _out.Send(_given.Dequeue());
        _inputs.Enqueue(new FrameSent());
        return true;
    }

    private bool OnFrame(LinkFrame frame)
    {
        if (_isOver || !_life.IsAlive)
        {
            return true;
        }

        if (_isStepping || !_session.WantsFrames)
        {
            return false;
        }

        if (_world.Loop.Now < ReadsFrom)
        {
            _world.Loop.At(ReadsFrom, _in.Deliver);
            return false;
        }

        Give(new FrameReceived(frame));
        return true;
    }

    private void Carry(LinkOutput output)
    {
        switch (output)
        {
            case PeerIdentified identified:
                Identity = identified.Identity;
                if (_peer.Identify(this, identified.Identity) is { } memory)
                {
                    _inputs.Enqueue(new PeerAdmitted(memory));
                }

                break;
            case ApplyRemoteInterest request:
                Answer(() => ApplyAsync(request));
                break;
            case FindTopics request:
                Answer(() => Task.FromResult<LinkInput>(_reader.Find(request)));
                break;
            case ReadTopic request:
                Answer(() => ReadAsync(request));
                break;
            case LookUpPositions request:
                Answer(() => Task.FromResult<LinkInput>(_reader.LookUp(request)));
                break;
            case ReplicateItems request:
                _frames.CheckGaps(request, Identity!.Value.Peer);
                Answer(() => ReplicateAsync(request));
                break;
            case HealthChanged health:
                _peer.HealthChanged(this, health.To);
                break;
            case CloseLink close:
                End(close);
                break;
            case LinkEstablished or LinkNotice:
                _world.Loop.Trace($"{_node.Id} link {Key}: {output}");
                break;
            default:
                throw new InvalidOperationException($"The session wants {output}, which nodes of this world never ask of each other.");
        }
    }

    private void Answer(Func<Task<LinkInput>> work) => _world.Loop.Start(async () =>
    {
        await _world.Loop.DelayAsync(_world.Soon());
        if (_life.IsAlive)
        {
            var answer = await work();
            _world.Loop.Trace($"{_node.Id} link {Key} <- {answer}");
            Give(answer);
        }
    });

    private async Task<LinkInput> ApplyAsync(ApplyRemoteInterest request)
    {
        if (_peer.Current != this)
        {
            return new RemoteInterestApplied(request.Token, 0, MeshErrorCode.LinkClosed);
        }

        try
        {
            var peer = Identity!.Value.Peer.Node;
            var since = await _life.SetRemoteInterestAsync(peer, request.Patterns, static _ => { }, CancellationToken.None);
            if (!_isOver && _life.IsAlive && _session.Phase == LinkPhase.Established)
            {
                _world.Oracle.InterestApplied(_life.Identity, peer, request.Patterns, since);
            }

            return new RemoteInterestApplied(request.Token, since);
        }
        catch (EventMeshException e)
        {
            return new RemoteInterestApplied(request.Token, 0, e.Code);
        }
    }

    private async Task<LinkInput> ReadAsync(ReadTopic request)
    {
        if (_world.Chance(0.01))
        {
            _world.Faults.Count(SimFault.ReadFails);
            return new TopicRead(request.Token, request.Topic, [], default, default, NeedsOffer: false, MeshErrorCode.LogFailed);
        }

        return await _reader.ReadAsync(request, CancellationToken.None);
    }

    private async Task<LinkInput> ReplicateAsync(ReplicateItems request)
    {
        var items = request.Items.Select(static item => new ReplicaItem(item.Batch, item.Gap)).ToList();
        var outcome = await _life.ReplicateAsync(request.Topic, request.Origin, items, CancellationToken.None);
        var results = outcome.Results.Select(static r => new LinkItemResult(r.Verdict, r.Held, r.Stored, r.Duplicates, r.Rewound)).ToList();
        return new ItemsReplicated(request.Token, request.Topic, results, outcome.Code, outcome.RetryAfter);
    }

    private void End(CloseLink close)
    {
        _world.Loop.Trace($"{_node.Id} link {Key} ends: {close}");
        _frames.CheckEnd(close);
        _isOver = true;
        _out.End();
        _connection.Leave();
        _peer.Ended(this, close);
    }

    private void Arm()
    {
        var at = _session.NextDeadline;
        if (_isOver || at >= _armedAt)
        {
            return;
        }

        _armedAt = at;
        _world.Loop.At(at, () =>
        {
            if (_armedAt == at)
            {
                _armedAt = TimeSpan.MaxValue;
                Give(new TimePassed());
            }
        });
    }
}
