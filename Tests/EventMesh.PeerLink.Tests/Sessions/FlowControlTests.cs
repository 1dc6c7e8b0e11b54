using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using static EventMesh.PeerLink.Tests.Sessions.SessionDriver;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class FlowControlTests
{
    private static readonly TopicName New = TopicName.Parse("orders.new");

    [Fact]
    public void PL002_Credit_WhenItIsUsedUp_HoldsEventsBackButNotControlFrames()
    {
        var driver = WithPeerCredit(30_000);
        driver.Step(new TopicAdvanced(New));
        var end = driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 2, end: At(Self, 9), bytes: 10_000);
        driver.AnswerRead(driver.Take<ReadTopic>(), end, 2, bytes: 10_000);

        var first = driver.TakeFrame<BatchFrame>();
        Assert.Equal(first.SizeBytes, driver.Session.OutstandingBytes);
        Assert.Equal(1, driver.Session.QueuedFrames);
        driver.Receive(PeerBatch("b", Position.None, 1));
        driver.AnswerTaken(driver.Take<ReplicateItems>());
        Assert.IsType<AcksFrame>(Assert.Single(driver.TakeFrames()));

        driver.Receive(new AcksFrame([], first.SizeBytes));
        Assert.Equal(At(Self, 1), driver.TakeFrame<BatchFrame>().Batch.Previous);
    }

    [Fact]
    public void PL002_FrameLargerThanTheWholeWindow_LeavesAlone()
    {
        var driver = WithPeerCredit(30_000);
        driver.Step(new TopicAdvanced(New));
        var end = driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 1, end: At(Self, 9));
        driver.AnswerRead(driver.Take<ReadTopic>(), end, 1, bytes: 500_000);

        var small = driver.TakeFrame<BatchFrame>();
        Assert.Empty(driver.TakeFrames());
        driver.Receive(new AcksFrame([], small.SizeBytes));

        var large = driver.TakeFrame<BatchFrame>();
        Assert.True(large.SizeBytes > 500_000);
        Assert.Equal(1, driver.Probe[LinkBranch.LargeFrameSentAlone]);
        driver.Receive(new AcksFrame([], large.SizeBytes));
        Assert.Equal(0, driver.Session.OutstandingBytes);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(-5)]
    public void PL002_CreditThatIsAbsurd_GivesNoMoreThanTheWindow(long credit)
    {
        var driver = WithPeerCredit(30_000);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 1);
        var sent = driver.TakeFrame<BatchFrame>();

        driver.Receive(new AcksFrame([], credit));

        Assert.Equal(credit < 0 ? sent.SizeBytes : 0, driver.Session.OutstandingBytes);
    }

    [Fact]
    public void PL002_QueueThatIsFull_PausesThePumpAndTheLogKeepsTheRest()
    {
        var options = new LinkOptions { SendQueueFrames = 4, MaxReads = 1 };
        var driver = Wanting([">"], options: options);
        for (var i = 0; i < 10; i++)
        {
            driver.Step(new TopicAdvanced(TopicName.Parse($"t{i}")));
        }

        while (driver.Has<ReadTopic>())
        {
            driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 1);
        }

        Assert.Equal(4, driver.Session.QueuedFrames);
        Assert.True(driver.Probe[LinkBranch.QueueFull] > 0);

        Assert.IsType<BatchFrame>(driver.Session.NextFrame(driver.Time));
        driver.Step(new FrameSent());
        Assert.Equal("t4", driver.Take<ReadTopic>().Topic.Value);
    }

    [Fact]
    public void PL002_QueueBytes_BoundTheQueueToo()
    {
        var options = new LinkOptions { SendQueueBytes = 256 * 1024, MaxReads = 1 };
        var driver = Wanting([">"], options: options);
        for (var i = 0; i < 10; i++)
        {
            driver.Step(new TopicAdvanced(TopicName.Parse($"t{i}")));
        }

        while (driver.Has<ReadTopic>())
        {
            driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 1, bytes: 100_000);
        }

        Assert.Equal(3, driver.Session.QueuedFrames);
    }

    [Fact]
    public void PL002_OneTopic_QueuesFewFrames_SoThatTheLogGathersLargerOnes()
    {
        var driver = Wanting([">"]);
        driver.Step(new TopicAdvanced(New));
        var end = driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 1);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), end, 1);

        driver.Step(new TopicAdvanced(New));
        Assert.False(driver.Has<ReadTopic>());

        Assert.NotNull(driver.Session.NextFrame(driver.Time));
        driver.Step(new FrameSent());
        Assert.Equal(At(Self, 1), driver.Take<ReadTopic>().Start.After);
    }

    [Fact]
    public void PL002_Topics_TakeTurns()
    {
        var driver = Wanting([">"], options: new LinkOptions { MaxReads = 1 });
        TopicName[] topics = [TopicName.Parse("a"), TopicName.Parse("b")];
        var ends = topics.ToDictionary(static topic => topic, static _ => Position.None);
        driver.Step(new TopicAdvanced(topics[0]));
        driver.Step(new TopicAdvanced(topics[1]));

        var order = new List<string>();
        for (var i = 0; i < 8; i++)
        {
            var read = driver.Take<ReadTopic>();
            order.Add(read.Topic.Value);
            ends[read.Topic] = driver.AnswerRead(read, ends[read.Topic], 1, end: At(Self, 100));
            driver.TakeFrames();
        }

        Assert.Equal(["a", "b", "a", "b", "a", "b", "a", "b"], order);
    }

    [Fact]
    public void PL002_PeerBeyondItsCredit_IsClosed()
    {
        var driver = Established(new LinkOptions { CreditBytes = 256 * 1024 });
        driver.Receive(PeerBatch("a", Position.None, 1, bytes: 200_000));

        driver.Receive(PeerBatch("b", Position.None, 1, bytes: 200_000));

        Assert.Equal(MeshErrorCode.CreditExceeded, driver.TakeFrame<GoodbyeFrame>().Code);
        driver.Closed(MeshErrorCode.CreditExceeded);
    }

    [Fact]
    public void PL002_OneEventBeyondTheWindow_IsTakenWhenItComesAlone()
    {
        var driver = Established(new LinkOptions { CreditBytes = 256 * 1024 });

        driver.Receive(PeerBatch("a", Position.None, 1, bytes: 900_000));

        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
        driver.AnswerTaken(driver.Take<ReplicateItems>());
        Assert.True(driver.TakeFrame<AcksFrame>().CreditBytes > 900_000);
    }

    [Fact]
    public void PL002_FloodOfOffers_IsClosed()
    {
        var driver = Established();
        var page = new OfferFrame([.. Enumerable.Range(0, 256).Select(static i => new TopicOffer(TopicName.Parse($"t{i}"), Peer.Node, At(Peer, 1)))]);

        for (var i = 0; i < 17 && driver.Session.Phase == LinkPhase.Established; i++)
        {
            driver.Receive(page);
        }

        driver.Closed(MeshErrorCode.CreditExceeded);
    }

    [Fact]
    public void PL002_PeerThatAsksAndDoesNotRead_IsClosedBeforeTheControlLaneGrowsWithoutBound()
    {
        var driver = Established(new LinkOptions { CreditBytes = 256 * 1024 });
        var page = new OfferFrame([.. Enumerable.Range(0, 256).Select(static i => new TopicOffer(TopicName.Parse($"t{i}"), Peer.Node, At(Peer, 1)))]);

        for (var i = 0; i < 1_000 && driver.Session.Phase == LinkPhase.Established; i++)
        {
            driver.Receive(page);
            var lookUp = driver.Take<LookUpPositions>();
            driver.Step(new PositionsFound(lookUp.Token, [.. lookUp.Topics.Select(static _ => Position.None)]));
        }

        Assert.True(driver.Probe[LinkBranch.ControlLaneOverrun] > 0);
        driver.Closed(MeshErrorCode.CreditExceeded);
    }

    [Fact]
    public void PL002_FloodOfFramesThatNobodyWaitsFor_HoldsNoMemory()
    {
        var driver = Established();

        for (var i = 0; i < 100_000; i++)
        {
            driver.Receive(new UnknownFrame());
            driver.Receive(new InterestAppliedFrame(i));
            driver.Receive(new HeartbeatFrame(i, 0, 0));
        }

        Assert.Empty(driver.Outputs);
        Assert.Equal(0, driver.Session.QueuedFrames);
        Assert.Equal(100_000, driver.Session.Counters.FramesIgnored);
    }

    [Fact]
    public void PL002_BestEffort_WaitsForRoomThenDropsTheOldest()
    {
        var driver = Established(new LinkOptions { SendQueueFrames = 4, DropPolicy = DropPolicy.DropOldest });
        SendMany(driver, 0, 5);
        Assert.Equal(0, driver.Session.Counters.FramesDropped);

        driver.Pass(driver.Options.SendTimeout);

        Assert.Equal(1, driver.Session.Counters.FramesDropped);
        Assert.Equal(LinkNoticeKind.FramesDropped, driver.Take<LinkNotice>().Kind);
        Assert.Equal([1, 2, 3, 4], Offsets(driver));
    }

    [Fact]
    public void PL002_BestEffort_WaitsForRoomThenDropsTheNewest()
    {
        var driver = Established(new LinkOptions { SendQueueFrames = 4, DropPolicy = DropPolicy.DropNewest });
        SendMany(driver, 0, 5);

        driver.Pass(driver.Options.SendTimeout);

        Assert.Equal(1, driver.Session.Counters.FramesDropped);
        Assert.Equal([0, 1, 2, 3], Offsets(driver));
    }

    [Fact]
    public void PL002_BestEffort_ThatFindsRoomInTime_LosesNothing()
    {
        var driver = Established(new LinkOptions { SendQueueFrames = 4 });
        SendMany(driver, 0, 6);

        driver.Pass(driver.Options.SendTimeout * 0.9);

        Assert.Equal([0, 1, 2, 3, 4, 5], Offsets(driver));
        Assert.Equal(0, driver.Session.Counters.FramesDropped);
    }

    [Fact]
    public void PL002_BestEffort_BeyondWhatMayWait_IsDecidedAtOnce()
    {
        var driver = Established(new LinkOptions { SendQueueFrames = 4, DropPolicy = DropPolicy.DropNewest });

        SendMany(driver, 0, 20);

        Assert.Equal(12, driver.Session.Counters.FramesDropped);
    }

    private static void SendMany(SessionDriver driver, int first, int count)
    {
        for (var i = first; i < first + count; i++)
        {
            driver.Step(new SendBestEffort(new EventFrame("a", i, default, [])));
        }
    }

    private static long[] Offsets(SessionDriver driver) => [.. driver.TakeFrames().OfType<EventFrame>().Select(static frame => frame.Offset)];

    private static SessionDriver WithPeerCredit(long credit)
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());
        driver.Receive(PeerHandshake with { CreditBytes = credit });
        driver.Step(new PeerAdmitted(driver.Memory));
        driver.TakeFrames();
        driver.PeerWants([">"]);
        return driver;
    }
}
