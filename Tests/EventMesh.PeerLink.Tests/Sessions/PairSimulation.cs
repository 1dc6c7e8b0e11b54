using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.PeerLink.Tests.Sessions;

/// <summary>Two nodes, one link after another between them, every answer and frame at a random moment: all from one seed.</summary>
internal sealed class PairSimulation
{
    private static readonly TopicName[] Topics = [.. Enumerable.Range(0, 5).Select(static i => TopicName.Parse($"t{i}.x"))];
    private static readonly TopicPattern[] Patterns = [TopicPattern.Parse("t0.*"), TopicPattern.Parse("*.x"), TopicPattern.Parse("t1.x"), TopicPattern.Parse("t2.>")];

    private readonly Random _random;
    private readonly PairNode[] _nodes;
    private readonly CountingProbe _probe;
    private readonly LinkOptions _options;
    private TimeSpan _now = TimeSpan.FromMinutes(1);
    private bool _isCalm;
    private bool _isLost;

    public PairSimulation(int seed, CountingProbe probe)
    {
        _random = new Random(seed);
        _probe = probe;
        _options = new LinkOptions
        {
            SendQueueFrames = 4,
            MaxTopics = _random.Next(2) == 0 ? 4 : 64,
            MaxReads = _random.Next(1, 4),
            FirstContact = _random.Next(2) == 0 ? FirstContact.Live : FirstContact.Earliest,
            CreditBytes = _random.Next(90, 500),
        };
        _nodes = [Node("a", 10), Node("b", 20)];
    }

    public int Steps { get; private set; }

    public void Run(int steps)
    {
        Connect();
        for (; Steps < steps; Steps++)
        {
            Act();
        }

        Calm();
        foreach (var node in _nodes)
        {
            Check(node, Other(node));
        }
    }

    private static PairNode Node(string name, long incarnation, Random random) => new(new(NodeId.Parse(name), new(incarnation)), random);

    private PairNode Node(string name, long incarnation) => Node(name, incarnation, _random);

    private PairNode Other(PairNode node) => node == _nodes[0] ? _nodes[1] : _nodes[0];

    private void Connect()
    {
        _isLost = false;
        foreach (var node in _nodes)
        {
            node.Requests.Clear();
            node.Wire.Clear();
            var role = node == _nodes[0] ? LinkRole.Dialer : LinkRole.Listener;
            node.Session = new LinkSession(node.Identity, role, 1, default, _options, _probe);
            Step(node, new LocalInterestChanged(node.InterestVersion, [.. node.Interest]));
            Step(node, new StreamOpened());
        }
    }

    private void Act()
    {
        if (_isLost)
        {
            DeliverLastWords();
            Cut();
        }

        var node = _nodes[_random.Next(2)];
        switch (_random.Next(_isCalm ? 40 : 100))
        {
            case < 14:
                Deliver(node);
                break;
            case < 28:
                AnswerOne(node);
                break;
            case < 36:
                TakeFrame(node);
                break;
            case < 40:
                PassTime(TimeSpan.FromMilliseconds(_random.Next(100)));
                break;
            case < 66:
                node.ClockMs += _random.Next(3);
                node.Publish(Topics[_random.Next(Topics.Length)]);
                break;
            case < 80:
                Flush(node);
                break;
            case < 92:
                Churn(node);
                break;
            case < 95:
                node.IsLogFull = !node.IsLogFull;
                break;
            case < 97:
                End(node);
                break;
            default:
                PassTime(TimeSpan.FromMilliseconds(_random.Next(1_000)));
                break;
        }
    }

    private void Flush(PairNode node)
    {
        foreach (var topic in node.Flush())
        {
            // A wake-up is lost now and then: the sweep must find what it would have told.
            if (_random.Next(5) > 0)
            {
                Step(node, new TopicAdvanced(topic));
            }
        }
    }

    private void Churn(PairNode node)
    {
        var pattern = Patterns[_random.Next(Patterns.Length)];
        if (!node.Interest.Add(pattern))
        {
            node.Interest.Remove(pattern);
        }

        Step(node, new LocalInterestChanged(++node.InterestVersion, [.. node.Interest]));
    }

    private void End(PairNode node)
    {
        var kind = _random.Next(5);
        if (kind == 0)
        {
            Step(node, new StreamEnded(MeshErrorCode.LinkClosed, "crash"));
            node.Crash();
        }

        if (kind < 3)
        {
            Cut();
        }
        else
        {
            Step(node, new CloseRequested(MeshErrorCode.LinkClosed, "", null, Drain: _random.Next(3) > 0));
        }
    }

    /// <summary>What a side said before it closed may arrive, or be lost with the stream.</summary>
    private void DeliverLastWords()
    {
        foreach (var node in _nodes.Where(node => Other(node).Session!.Phase == LinkPhase.Closed))
        {
            for (var frames = _random.Next(20); frames > 0; frames--)
            {
                Deliver(node);
            }
        }
    }

    private void Cut()
    {
        foreach (var node in _nodes)
        {
            // Answers that come after the end must change nothing.
            Step(node, new StreamEnded(MeshErrorCode.LinkClosed, "cut"));
            AnswerOne(node);
        }

        Connect();
    }

    private void Deliver(PairNode node)
    {
        var sender = Other(node);
        if (node.Session!.WantsFrames && sender.Wire.TryDequeue(out var frame))
        {
            Step(node, new FrameReceived(frame));
        }
    }

    private void TakeFrame(PairNode node)
    {
        if (node.Wire.Count < 20 && node.Session!.NextFrame(Time) is { } frame)
        {
            node.Wire.Enqueue(frame);
            Step(node, new FrameSent());
        }
    }

    private void AnswerOne(PairNode node)
    {
        if (node.Requests.Count > 0)
        {
            var request = node.Requests[_random.Next(node.Requests.Count)];
            node.Requests.Remove(request);
            if (node.Answer(request) is { } answer)
            {
                Step(node, answer);
            }
        }
    }

    private void PassTime(TimeSpan time)
    {
        _now += time;
        foreach (var node in _nodes)
        {
            Step(node, new TimePassed());
        }
    }

    private void Step(PairNode node, LinkInput input)
    {
        var outputs = new List<LinkOutput>();
        node.Session!.Step(input, Time, outputs);
        foreach (var output in outputs)
        {
            switch (output)
            {
                case PeerIdentified:
                    Step(node, new PeerAdmitted(node.Memory));
                    break;
                case CloseLink close when input is not StreamEnded:
                    // Time flies here, so slow links are given up now and then; nothing else may end one.
                    Assert.True(
                        close.Code is MeshErrorCode.HandshakeExpected or MeshErrorCode.PeerSilent or MeshErrorCode.LinkClosed,
                        $"{node.Identity.Node} closed by itself: {close}");
                    _isLost = true;
                    break;
                default:
                    node.Requests.Add(output);
                    break;
            }
        }
    }

    private LinkTime Time => new(_now, (long)_now.TotalMilliseconds);

    /// <summary>Faults end; everything that is wanted must arrive in a bounded number of steps.</summary>
    private void Calm()
    {
        _isCalm = true;
        foreach (var node in _nodes)
        {
            node.IsLogFull = false;
            Flush(node);
        }

        for (var i = 0; i < 1_000 && !_nodes.All(IsDone); i++)
        {
            for (var step = 0; step < 40; step++)
            {
                Act();
            }
        }

        foreach (var node in _nodes)
        {
            Assert.True(IsDone(node), $"{node.Identity.Node} has not sent everything that its peer wants: {Missing(node)}");
        }
    }

    private bool IsDone(PairNode node) => Missing(node).Length == 0 && node.Session!.IsInterestSynced && Other(node).Session!.IsInterestSynced;

    private string Missing(PairNode node) => string.Join("; ", Topics
        .Where(topic => Other(node).Interest.Any(pattern => pattern.Matches(topic)))
        .Where(topic => Other(node).Held(topic, node.Identity.Node, true) != node.Held(topic, node.Identity.Node, true))
        .Select(topic => $"{topic}: {Other(node).Held(topic, node.Identity.Node, true)} of {node.Held(topic, node.Identity.Node, true)}"));

    /// <summary>What the peer holds of a node is contiguous, byte for byte the node's, and lacks nothing that was wanted when it was appended.</summary>
    private static void Check(PairNode origin, PairNode holder)
    {
        foreach (var topic in Topics)
        {
            var source = origin.Log(topic).Where(record => record.Origin == origin.Identity.Node).ToDictionary(static record => record.Position);
            var since = origin.PeerWantsSince.Where(wish => wish.Key.Matches(topic)).Select(static wish => (long?)wish.Value).Min();
            var held = Position.None;
            foreach (var record in holder.Log(topic).Where(record => record.Origin == origin.Identity.Node))
            {
                Assert.Equal(held, record.Previous);
                Assert.True(record.Position > held, $"{topic}: {record.Position} after {held}");
                if (record.Gap is { } reason)
                {
                    Assert.Equal(GapReason.BeforeInterest, reason);
                    Assert.True(held.IsNone, $"{topic}: a gap before the interest behind {held}");
                    var lost = source.Values.Where(missing => missing.Position <= record.Position && since <= missing.TimeMs);
                    Assert.Empty(lost);
                }
                else
                {
                    Assert.Equal(record.Position.Sequence, held.NextSequence);
                    Assert.Equal(source[record.Position].Body, record.Body);
                }

                held = record.Position;
            }
        }
    }
}
