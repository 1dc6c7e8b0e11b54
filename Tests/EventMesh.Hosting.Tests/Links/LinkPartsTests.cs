using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Links;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>The small parts that a link's loop waits with.</summary>
public sealed class LinkPartsTests
{
    private static readonly StreamEnded End = new(MeshErrorCode.None, "");

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
        var inbox = new FrameInbox(100);
        var added = new Signal();
        await inbox.AddAsync(End, 60, added);
        var second = inbox.AddAsync(End, 60, added).AsTask();
        Assert.False(second.IsCompleted);

        Assert.NotNull(inbox.TryTake());

        await second.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task FrameInbox_WhenClosed_LetsTheReaderGoAndKeepsNothing()
    {
        var inbox = new FrameInbox(100);
        var waiting = inbox.AddAsync(End, 200, new Signal()).AsTask();

        inbox.Close();
        await waiting.WaitAsync(TimeSpan.FromSeconds(30));
        await inbox.AddAsync(End, 200, new Signal());
        inbox.AddLast(End, new Signal());

        Assert.Null(inbox.TryTake());
    }

    [Fact]
    public async Task FrameInbox_GivesTheLastAfterWhatCameBefore()
    {
        var inbox = new FrameInbox(1000);
        var first = new StreamEnded(MeshErrorCode.None, "first");
        var last = new StreamEnded(MeshErrorCode.LinkClosed, "last");
        await inbox.AddAsync(first, 1, new Signal());
        inbox.AddLast(last, new Signal());

        Assert.Same(first, inbox.TryTake());
        Assert.Same(last, inbox.TryTake());
        Assert.Null(inbox.TryTake());
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
