using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.PeerLink.Tests.Sessions;

/// <summary>Drives one session by hand: time stands still unless told otherwise, frames leave when they are asked for.</summary>
internal sealed class SessionDriver
{
    public const long StartUnixMs = 1_700_000_000_000;

    public static readonly NodeIdentity Self = new(NodeId.Parse("west"), new Incarnation(1_000));
    public static readonly NodeIdentity Peer = new(NodeId.Parse("east"), new Incarnation(2_000));

    private readonly LinkRole _role;

    public SessionDriver(LinkRole role = LinkRole.Listener, LinkOptions? options = null, NodeId expectedPeer = default)
    {
        _role = role;
        Options = options ?? new LinkOptions();
        Session = new LinkSession(Self, role, linkNumber: 77, expectedPeer, Options, Probe);
        Memory = new PeerMemory(Options.RememberedTopics);
    }

    public LinkSession Session { get; }

    public LinkOptions Options { get; }

    public CountingProbe Probe { get; } = new();

    public PeerMemory Memory { get; init; }

    public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Outputs that were not taken yet.</summary>
    public List<LinkOutput> Outputs { get; } = [];

    public LinkTime Time => new(Now, StartUnixMs + (long)(Now - TimeSpan.FromHours(1)).TotalMilliseconds);

    public static HandshakeFrame PeerHandshake { get; } =
        new(Peer.Node, 100, LinkFeatures.All, Peer.Incarnation, 55, 1024 * 1024);

    public static HandshakeFrame ReferenceHandshake { get; } = new(Peer.Node, 100, [], default, 0, 0);

    /// <summary>A session with its handshakes done and its first heartbeat and snapshot taken.</summary>
    public static SessionDriver Established(LinkOptions? options = null, bool reference = false, LinkRole role = LinkRole.Listener, PeerMemory? memory = null)
    {
        var driver = memory is null ? new SessionDriver(role, options) : new SessionDriver(role, options) { Memory = memory };
        driver.Step(new StreamOpened());
        driver.Receive(reference ? ReferenceHandshake : PeerHandshake);
        driver.Step(new PeerAdmitted(driver.Memory));
        driver.TakeFrames();
        driver.Outputs.Clear();
        return driver;
    }

    /// <summary>An established session whose peer wants <paramref name="patterns"/> since the log's time <paramref name="since"/>.</summary>
    public static SessionDriver Wanting(string[] patterns, long since = 500, LinkOptions? options = null, bool reference = false, PeerMemory? memory = null)
    {
        var driver = Established(options, reference, memory: memory);
        driver.PeerWants(patterns, since);
        return driver;
    }

    public void PeerWants(string[] patterns, long since = 500, long version = 1)
    {
        Receive(new InterestSnapshotFrame(Peer.Node.Value, patterns, version));
        Step(new RemoteInterestApplied(Take<ApplyRemoteInterest>().Token, since));
        TakeFrames();
    }

    public void Step(LinkInput input) => Session.Step(input, Time, Outputs);

    public void Receive(LinkFrame frame) => Step(new FrameReceived(frame));

    public void Pass(TimeSpan time)
    {
        Now += time;
        Step(new TimePassed());
    }

    /// <summary>Takes the oldest output of a kind; fails when there is none.</summary>
    public T Take<T>()
        where T : LinkOutput
    {
        var found = Outputs.OfType<T>().FirstOrDefault();
        Assert.True(found is not null, $"Expected {typeof(T).Name}; got [{string.Join(", ", Outputs)}].");
        Outputs.Remove(found);
        return found;
    }

    public bool Has<T>()
        where T : LinkOutput => Outputs.OfType<T>().Any();

    /// <summary>Takes every frame that can leave now and reports it as sent.</summary>
    public List<LinkFrame> TakeFrames()
    {
        var frames = new List<LinkFrame>();
        while (Session.NextFrame(Time) is { } frame)
        {
            frames.Add(frame);
            Step(new FrameSent());
        }

        return frames;
    }

    public T TakeFrame<T>()
        where T : LinkFrame
    {
        var frames = TakeFrames();
        Assert.True(frames.OfType<T>().Count() == 1, $"Expected one {typeof(T).Name}; got [{string.Join(", ", frames)}].");
        return frames.OfType<T>().Single();
    }

    /// <summary>Answers the read under way with consecutive events and returns where they end.</summary>
    public Position AnswerRead(ReadTopic read, Position previous, int events, Position? end = null, int bytes = 10)
    {
        var batch = Batch(Self, previous, events, bytes);
        Step(new TopicRead(
            read.Token, read.Topic, [new LinkItem(batch)], new LogOffset(batch.Last.NextSequence), end ?? batch.Last, false, MeshErrorCode.None));
        return batch.Last;
    }

    public void AnswerNothing(ReadTopic read, Position end) =>
        Step(new TopicRead(read.Token, read.Topic, [], new LogOffset(end.NextSequence), end, false, MeshErrorCode.None));

    public void AnswerOffer(ReadTopic read, Position end) =>
        Step(new TopicRead(read.Token, read.Topic, [], LogOffset.Zero, end, true, MeshErrorCode.None));

    /// <summary>Answers the store under way: everything is taken.</summary>
    public void AnswerTaken(ReplicateItems call) =>
        Step(new ItemsReplicated(
            call.Token,
            call.Topic,
            [.. call.Items.Select(static item => new LinkItemResult(ReplicaVerdict.Take, item.Last, item.Events, 0, false))],
            MeshErrorCode.None,
            null));

    public void AnswerResume(ReplicateItems call, Position held) =>
        Step(new ItemsReplicated(
            call.Token,
            call.Topic,
            [.. call.Items.Select(_ => new LinkItemResult(ReplicaVerdict.Resume, held, 0, 0, false))],
            MeshErrorCode.None,
            null));

    public void AnswerFailure(ReplicateItems call, MeshErrorCode code, TimeSpan? retryAfter = null) =>
        Step(new ItemsReplicated(call.Token, call.Topic, [], code, retryAfter));

    public static ReplicaBatch Batch(NodeIdentity origin, Position previous, int events, int bytes = 10)
    {
        var builder = new EventBatchBuilder { BaseTimeUnixMs = StartUnixMs };
        for (var i = 0; i < events; i++)
        {
            builder.Add(new byte[bytes]);
        }

        return new ReplicaBatch(origin.Node, origin.Incarnation, previous, previous.NextSequence, 1, builder.BuildCopy());
    }

    public static BatchFrame PeerBatch(string topic, Position previous, int events, long number = 0, int bytes = 10) =>
        new(TopicName.Parse(topic), Batch(Peer, previous, events, bytes), number);

    public static Position At(NodeIdentity node, long sequence) => new(node.Incarnation, sequence);

    public CloseLink Closed(MeshErrorCode code)
    {
        TakeFrames();
        var close = Take<CloseLink>();
        Assert.Equal(code, close.Code);
        Assert.Equal(LinkPhase.Closed, Session.Phase);
        return close;
    }

    public override string ToString() => $"{_role} {Session.Phase}";
}

/// <summary>Counts the branches taken.</summary>
internal sealed class CountingProbe : ILinkProbe
{
    private readonly Dictionary<LinkBranch, int> _hits = [];

    public int this[LinkBranch branch] => _hits.GetValueOrDefault(branch);

    public void Hit(LinkBranch branch) => _hits[branch] = this[branch] + 1;
}
