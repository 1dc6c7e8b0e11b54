using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Links;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>The small parts that a link's loop waits with.</summary>
public sealed class LinkPartsTests
{
    private static readonly StreamEnded End = new(MeshErrorCode.None, "");
    private static readonly HeartbeatFrame Frame = new(1, 0, 0);

    [Fact]
    public void Alarm_WhenItRingsBeforeItsMoment_IsArmedAgain()
    {
        // A timer and a timestamp are two clocks: a loop that trusted one to be done when the other rang would never wake again.
        var time = new EarlyClock();
        using var alarm = new Alarm(time, time.GetTimestamp(), new Signal());
        alarm.RingAt(TimeSpan.FromMilliseconds(100));

        time.Ring();
        alarm.RingAt(TimeSpan.FromMilliseconds(100));

        Assert.Equal(2, time.Armed);
    }

    [Fact]
    public void Alarm_WhenItWillRingEarlierAnyway_IsLeftAlone()
    {
        var time = new EarlyClock();
        using var alarm = new Alarm(time, time.GetTimestamp(), new Signal());

        alarm.RingAt(TimeSpan.FromMilliseconds(100));
        alarm.RingAt(TimeSpan.FromMilliseconds(200));
        Assert.Equal(1, time.Armed);
        alarm.RingAt(TimeSpan.FromMilliseconds(50));

        Assert.Equal(2, time.Armed);
    }

    [Fact]
    public async Task Alarm_WhenItRings_SetsTheSignal()
    {
        var time = new EarlyClock();
        var signal = new Signal();
        using var alarm = new Alarm(time, time.GetTimestamp(), signal);
        alarm.RingAt(TimeSpan.FromMilliseconds(100));

        time.Ring();

        await signal.WaitAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task FrameInbox_WhenItsBytesAreReached_MakesTheReaderWaitUntilSomeAreTaken()
    {
        var inbox = new FrameInbox(Frame.SizeBytes * 2);
        var added = new Signal();
        await inbox.AddAsync(Frame, added);
        var second = inbox.AddAsync(Frame, added).AsTask();
        Assert.False(second.IsCompleted);

        Assert.NotNull(inbox.TryTake());

        await second.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task FrameInbox_WhenClosed_LetsTheReaderGoAndKeepsNothing()
    {
        var inbox = new FrameInbox(Frame.SizeBytes);
        var waiting = inbox.AddAsync(Frame, new Signal()).AsTask();

        inbox.Close();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
        await inbox.AddAsync(Frame, new Signal());
        inbox.AddLast(End, new Signal());

        Assert.Null(inbox.TryTake());
    }

    [Fact]
    public async Task FrameInbox_GivesTheLastAfterWhatCameBefore()
    {
        var inbox = new FrameInbox(1000);
        var last = new StreamEnded(MeshErrorCode.LinkClosed, "last");
        await inbox.AddAsync(Frame, new Signal());
        inbox.AddLast(last, new Signal());

        Assert.Same(Frame, Assert.IsType<FrameReceived>(inbox.TryTake()).Frame);
        Assert.Same(last, inbox.TryTake());
        Assert.Null(inbox.TryTake());
    }

    [Fact]
    public async Task FrameInbox_TakesABundleApart()
    {
        var inbox = new FrameInbox(1000);
        LinkFrame[] frames = [new HeartbeatFrame(1, 0, 0), new HeartbeatFrame(2, 0, 0), new HeartbeatFrame(3, 0, 0)];

        await inbox.AddAsync(new BundleFrame(frames), new Signal());

        Assert.All(frames, frame => Assert.Same(frame, Assert.IsType<FrameReceived>(inbox.TryTake()).Frame));
        Assert.Null(inbox.TryTake());
    }

    [Fact]
    public void OutgoingFrames_ForAPeerThatTakesBundles_GoTogetherUpToTheirLimits()
    {
        var outgoing = new OutgoingFrames(1_000);
        var taken = new List<LinkFrame>();
        for (var i = 0; i < BundleFrame.MaxFrames + 1; i++)
        {
            outgoing.Add(new HeartbeatFrame(i, 0, 0));
        }

        Assert.True(outgoing.TryTake(taken, asBundle: true));
        Assert.Equal(Enumerable.Range(0, BundleFrame.MaxFrames).Select(static i => (long)i), taken.Cast<HeartbeatFrame>().Select(static frame => frame.TimestampUnixMs));
        var large = new InterestSnapshotFrame("west", [new string('x', BundleFrame.MaxBytes)], 1);
        outgoing.Add(large);
        outgoing.Add(Frame);
        Assert.True(outgoing.TryTake(taken, asBundle: true));
        Assert.Same(large, taken[^1]);
        Assert.True(outgoing.TryTake(taken, asBundle: true));
        Assert.Same(Frame, Assert.Single(taken));
        Assert.False(outgoing.TryTake(taken, asBundle: true));
    }

    [Fact]
    public void OutgoingFrames_AHandshake_GoesByItself()
    {
        var outgoing = new OutgoingFrames(10);
        var handshake = new HandshakeFrame(Core.Identity.NodeId.Parse("west"), 100, LinkFeatures.All, new(7), 0, 1);
        outgoing.Add(handshake);
        outgoing.Add(Frame);
        outgoing.Add(Frame);
        var taken = new List<LinkFrame>();

        Assert.True(outgoing.TryTake(taken, asBundle: true));
        Assert.Same(handshake, Assert.Single(taken));
        Assert.True(outgoing.TryTake(taken, asBundle: true));
        Assert.Equal(2, taken.Count);
    }

    [Fact]
    public void OutgoingFrames_ForAnotherPeer_GoOneByOne()
    {
        var outgoing = new OutgoingFrames(10);
        outgoing.Add(Frame);
        outgoing.Add(Frame);
        var taken = new List<LinkFrame>();

        Assert.True(outgoing.TryTake(taken, asBundle: false));
        Assert.Single(taken);
    }

    [Fact]
    public void AdvanceInbox_KeepsEachTopicOnceAndNoMoreThanItsRoom()
    {
        var inbox = new AdvanceInbox(2);
        var (a, b, c) = (TopicName.Parse("a"), TopicName.Parse("b"), TopicName.Parse("c"));

        Assert.True(inbox.Add(a));
        Assert.False(inbox.Add(a));
        Assert.True(inbox.Add(b));
        Assert.False(inbox.Add(c));

        Assert.Equal([a, b], inbox.TakeAll().Order());
        Assert.Empty(inbox.TakeAll());
        Assert.True(inbox.Add(c));
    }

    /// <summary>A clock that stands still and rings when the test says so.</summary>
    private sealed class EarlyClock : TimeProvider
    {
        private Action? _ring;

        public int Armed { get; private set; }

        public void Ring() => _ring!();

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _ring = () => callback(state);
            return new Timer(this);
        }

        private sealed class Timer(EarlyClock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                clock.Armed++;
                return true;
            }

            public void Dispose() => clock._ring = null;

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
