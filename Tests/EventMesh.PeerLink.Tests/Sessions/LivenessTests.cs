using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class LivenessTests
{
    [Fact]
    public void PL003_Heartbeat_LeavesEveryInterval()
    {
        var driver = SessionDriver.Established();

        for (var beat = 0; beat < 5; beat++)
        {
            Assert.Equal(driver.Now + driver.Options.HeartbeatInterval, driver.Session.NextDeadline);
            driver.Pass(driver.Options.HeartbeatInterval);
            var frame = driver.TakeFrame<HeartbeatFrame>();
            Assert.Equal(driver.Time.UnixMs, frame.TimestampUnixMs);
            driver.Receive(new UnknownFrame());
        }
    }

    [Fact]
    public void PL003_Silence_ForThreeIntervals_MakesThePeerUnhealthyAndClosesTheLink()
    {
        var driver = SessionDriver.Established();
        driver.Pass(driver.Options.HeartbeatInterval * 3 - TimeSpan.FromMilliseconds(1));
        driver.TakeFrames();
        Assert.Equal(LinkPhase.Established, driver.Session.Phase);

        driver.Pass(TimeSpan.FromMilliseconds(1));

        Assert.Equal(LinkHealth.Unhealthy, driver.Take<HealthChanged>().To);
        driver.Closed(MeshErrorCode.PeerSilent);
        Assert.Equal(LinkHealth.Disconnected, driver.Take<HealthChanged>().To);
    }

    [Fact]
    public void PL003_AnyFrame_IsASignOfLife()
    {
        var driver = SessionDriver.Established();
        LinkFrame[] frames = [new UnknownFrame(), new OffsetAckFrame("a", 1), new HeartbeatFrame(1, 0, 0), new InterestAppliedFrame(0)];

        foreach (var frame in frames)
        {
            driver.Pass(driver.Options.HeartbeatInterval * 2.5);
            driver.Receive(frame);
        }

        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
    }

    [Fact]
    public void PL003_RoundTrip_IsMeasuredFromTheEchoOnTheClockThatDoesNotJump()
    {
        var driver = SessionDriver.Established();
        driver.Pass(driver.Options.HeartbeatInterval);
        var sent = driver.TakeFrame<HeartbeatFrame>();
        driver.Now += TimeSpan.FromMilliseconds(1_030);

        driver.Receive(new HeartbeatFrame(123, sent.TimestampUnixMs, 1_000));

        Assert.Equal(TimeSpan.FromMilliseconds(30), driver.Session.RoundTrip);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 999_999_999)]
    public void PL003_RoundTrip_WhenTheEchoIsOldOrAbsurd_IsNotMeasured(long offByMs, long delayMs)
    {
        var driver = SessionDriver.Established();
        driver.Pass(driver.Options.HeartbeatInterval);
        var sent = driver.TakeFrame<HeartbeatFrame>();

        driver.Receive(new HeartbeatFrame(123, sent.TimestampUnixMs - offByMs, delayMs));

        Assert.Null(driver.Session.RoundTrip);
    }

    [Fact]
    public void PL003_Heartbeat_EchoesThePeersLatest()
    {
        var driver = SessionDriver.Established();
        driver.Receive(new HeartbeatFrame(444, 0, 0));
        driver.Pass(driver.Options.HeartbeatInterval);

        var frame = driver.TakeFrame<HeartbeatFrame>();

        Assert.Equal(444, frame.EchoUnixMs);
        Assert.Equal((long)driver.Options.HeartbeatInterval.TotalMilliseconds, frame.EchoDelayMs);
    }

    [Fact]
    public void PL002_Heartbeat_OvertakesQueuedEvents()
    {
        var driver = SessionDriver.Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(Core.Topics.TopicName.Parse("orders.new")));
        driver.AnswerRead(driver.Take<ReadTopic>(), default, 3);
        driver.Pass(driver.Options.HeartbeatInterval);

        var frames = driver.TakeFrames();

        Assert.IsType<HeartbeatFrame>(frames[0]);
        Assert.IsType<BatchFrame>(frames[1]);
    }

    [Fact]
    public void Watchdog_WhenThePeerOwesAnAnswer_ClosesAfterTheStallTimeout()
    {
        var driver = SessionDriver.Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(Core.Topics.TopicName.Parse("orders.new")));
        driver.AnswerRead(driver.Take<ReadTopic>(), default, 3);
        driver.TakeFrame<BatchFrame>();
        driver.Outputs.Clear();

        Live(driver, driver.Options.StallTimeout);

        Assert.Equal(LinkNoticeKind.Stalled, driver.Take<LinkNotice>().Kind);
        Assert.Equal(LinkHealth.Unhealthy, driver.Take<HealthChanged>().To);
        driver.Closed(MeshErrorCode.PeerSilent);
    }

    [Fact]
    public void Watchdog_WhenThePeerAnswers_StartsOver()
    {
        var driver = SessionDriver.Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(Core.Topics.TopicName.Parse("orders.new")));
        driver.AnswerRead(driver.Take<ReadTopic>(), default, 3);
        driver.TakeFrame<BatchFrame>();

        Live(driver, driver.Options.StallTimeout * 0.9);
        driver.Receive(new AcksFrame([], 1));
        Live(driver, driver.Options.StallTimeout * 0.9);

        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
    }

    [Fact]
    public void Watchdog_WhenTheTransportTakesNothing_ClosesAfterTheStallTimeout()
    {
        var driver = SessionDriver.Established();
        driver.Pass(driver.Options.HeartbeatInterval);
        Assert.NotNull(driver.Session.NextFrame(driver.Time));

        Live(driver, driver.Options.StallTimeout, takeFrames: false);

        Assert.Equal(LinkPhase.Closing, driver.Session.Phase);
        driver.Pass(driver.Options.SendTimeout);
        Assert.Equal(MeshErrorCode.PeerSilent, driver.Take<CloseLink>().Code);
        Assert.Equal(1, driver.Probe[LinkBranch.GoodbyeTimedOut]);
    }

    private static void Live(SessionDriver driver, TimeSpan time, bool takeFrames = true)
    {
        for (var end = driver.Now + time; driver.Now < end && driver.Session.Phase == LinkPhase.Established;)
        {
            driver.Receive(new UnknownFrame());
            var step = end - driver.Now;
            driver.Pass(step < driver.Options.HeartbeatInterval ? step : driver.Options.HeartbeatInterval);
            if (takeFrames && driver.Session.Phase == LinkPhase.Established)
            {
                driver.TakeFrames();
            }
        }
    }
}
