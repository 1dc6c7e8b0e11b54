using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Metrics;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;
using static EventMesh.PeerLink.Tests.Sessions.SessionDriver;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class SendingTests
{
    private static readonly TopicName New = TopicName.Parse("orders.new");
    private static readonly NodeId Us = Self.Node;

    [Fact]
    public void PL004_TopicWithNothingRemembered_IsOpenedAtTheTimeOfTheInterest()
    {
        var driver = Wanting(["orders.>"], since: 640);

        driver.Step(new TopicAdvanced(New));

        var read = driver.Take<ReadTopic>();
        Assert.Equal(new ReadStart(ReadStartKind.Open, Position.None, null, 640), read.Start);
        Assert.Equal(driver.Options.MaxFrameBytes, read.MaxBytes);
    }

    [Fact]
    public void PL004_TopicOfSeveralPatterns_IsWantedSinceTheOldest()
    {
        var driver = Wanting(["orders.*"], since: 640);
        driver.PeerWants(["orders.*", ">"], since: 900, version: 2);

        driver.Step(new TopicAdvanced(New));

        Assert.Equal(640, driver.Take<ReadTopic>().Start.SinceUnixMs);
    }

    [Fact]
    public void PL004_Events_LeaveAsBatchesThatContinueEachOther()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        var end = driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 3, end: At(Self, 9));
        var second = driver.Take<ReadTopic>();
        Assert.Equal(new ReadStart(ReadStartKind.After, end, new LogOffset(3), 0), second.Start);
        driver.AnswerRead(second, end, 7);

        var frames = driver.TakeFrames().Cast<BatchFrame>().ToArray();

        Assert.Equal([Position.None, At(Self, 2)], frames.Select(static frame => frame.Batch.Previous));
        Assert.Equal([3, 7], frames.Select(static frame => frame.Batch.Events.Count));
        Assert.All(frames, static frame => Assert.Equal(0, frame.ResumeNumber));
        Assert.False(driver.Has<ReadTopic>());
    }

    [Fact]
    public void PL004_TopicWithARememberedAck_GoesOnRightAfterIt()
    {
        var memory = new PeerMemory(100);
        memory.Remember(New, At(Self, 41));
        var driver = Wanting(["orders.>"], memory: memory);

        driver.Step(new TopicAdvanced(New));

        Assert.Equal(new ReadStart(ReadStartKind.After, At(Self, 41), null, 0), driver.Take<ReadTopic>().Start);
    }

    [Fact]
    public void PL004_TopicWithOlderEvents_IsOfferedAndWaitsForTheAnswer()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerOffer(driver.Take<ReadTopic>(), At(Self, 30));

        Assert.Equal([new TopicOffer(New, Us, At(Self, 30))], driver.TakeFrame<OfferFrame>().Offers);
        driver.Step(new TopicAdvanced(New));
        Assert.False(driver.Has<ReadTopic>());

        driver.Receive(new ResumeFrame(New, Us, 1, At(Self, 12), ResumeStart.Position, 0));
        var read = driver.Take<ReadTopic>();
        Assert.Equal(new ReadStart(ReadStartKind.After, At(Self, 12), null, 0), read.Start);
        driver.AnswerRead(read, At(Self, 12), 18);
        Assert.Equal(1, driver.TakeFrame<BatchFrame>().ResumeNumber);
    }

    [Theory]
    [InlineData(ResumeStart.Live, ReadStartKind.Time, 640)]
    [InlineData(ResumeStart.Earliest, ReadStartKind.After, 0)]
    [InlineData(ResumeStart.Position, ReadStartKind.After, 0)]
    [InlineData(ResumeStart.Time, ReadStartKind.Time, 77)]
    public void PL004_FirstContact_StartsWhereTheReceiverSays(ResumeStart start, ReadStartKind kind, long time)
    {
        var driver = Wanting(["orders.>"], since: 640);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerOffer(driver.Take<ReadTopic>(), At(Self, 30));
        driver.TakeFrames();

        driver.Receive(new ResumeFrame(New, Us, 1, Position.None, start, 77));

        Assert.Equal(new ReadStart(kind, Position.None, null, time), driver.Take<ReadTopic>().Start);
    }

    [Fact]
    public void PL004_LiveStart_SendsTheGapThenTheEvents()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerOffer(driver.Take<ReadTopic>(), At(Self, 30));
        driver.TakeFrames();
        driver.Receive(new ResumeFrame(New, Us, 1, Position.None, ResumeStart.Live, 0));
        var gap = new Gap(Us, Position.None, At(Self, 28), GapReason.BeforeInterest);
        var batch = Batch(Self, At(Self, 28), 2);

        var read = driver.Take<ReadTopic>();
        driver.Step(new TopicRead(read.Token, New, [new LinkItem(gap), new LinkItem(batch)], new LogOffset(31), At(Self, 30), false, MeshErrorCode.None));

        var frames = driver.TakeFrames();
        Assert.Equal(gap, Assert.IsType<GapFrame>(frames[0]).Gap);
        Assert.Equal(batch, Assert.IsType<BatchFrame>(frames[1]).Batch);
        Assert.Equal(1, driver.Session.Counters.GapsSent);
    }

    [Fact]
    public void PL004_Resume_VoidsWhatIsQueuedAndRead()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        var end = driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 3, end: At(Self, 9));
        var stale = driver.Take<ReadTopic>();

        driver.Receive(new ResumeFrame(New, Us, 5, At(Self, 1), ResumeStart.Position, 0));
        driver.AnswerRead(stale, end, 7);
        driver.AnswerRead(driver.Take<ReadTopic>(), At(Self, 1), 8);

        var frame = driver.TakeFrame<BatchFrame>();
        Assert.Equal(At(Self, 1), frame.Batch.Previous);
        Assert.Equal(5, frame.ResumeNumber);
        Assert.Equal(1, driver.Probe[LinkBranch.StaleAnswer]);
        Assert.Equal(1, driver.Probe[LinkBranch.VoidFrameDropped]);
        Assert.Equal(0, driver.Session.QueuedFrames);
        Assert.Equal(0, driver.Session.QueuedBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(5)]
    public void PL004_Resume_WithANumberThatDoesNotGrow_BreaksTheProtocol(long number)
    {
        var driver = Wanting(["orders.>"]);
        driver.Receive(new ResumeFrame(New, Us, 5, At(Self, 1), ResumeStart.Position, 0));

        driver.Receive(new ResumeFrame(New, Us, number, At(Self, 1), ResumeStart.Position, 0));

        driver.Closed(MeshErrorCode.MalformedFrame);
    }

    [Fact]
    public void PL004_Answers_ForAnotherNodesEvents_BreakTheProtocol()
    {
        LinkFrame[] frames =
        [
            new ResumeFrame(New, Peer.Node, 5, Position.None, ResumeStart.Live, 0),
            new PauseFrame(New, Peer.Node, 5, MeshErrorCode.LogFull, TimeSpan.FromSeconds(1)),
            new AcksFrame([new PositionAck(New, Peer.Node, At(Peer, 1))], 0),
        ];

        foreach (var frame in frames)
        {
            var driver = Wanting(["orders.>"]);
            driver.Receive(frame);
            driver.Closed(MeshErrorCode.MalformedFrame);
        }
    }

    [Fact]
    public void PL004_Ack_IsRememberedForTheNextLink()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 10);
        driver.TakeFrames();
        Assert.Equal(10, driver.Session.MeasureLag(driver.Time).Events);

        driver.Receive(new AcksFrame([new PositionAck(New, Us, At(Self, 6))], 0));

        Assert.Equal(At(Self, 6), driver.Memory.Acked(New));
        Assert.Equal(3, driver.Session.MeasureLag(driver.Time).Events);
        Assert.Equal(7, driver.Session.Counters.EventsAcked);
    }

    [Fact]
    public void PL006_Lag_IsMeasuredInEventsBytesAndTime()
    {
        var driver = Wanting(["orders.>"]);
        Assert.Equal(default, driver.Session.MeasureLag(driver.Time));
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 10);
        var frame = driver.TakeFrame<BatchFrame>();
        driver.Now += TimeSpan.FromSeconds(2);

        Assert.Equal(new LinkLag(10, frame.SizeBytes, TimeSpan.FromSeconds(2)), driver.Session.MeasureLag(driver.Time));

        driver.Receive(new AcksFrame([new PositionAck(New, Us, At(Self, 9))], frame.SizeBytes));
        Assert.Equal(default, driver.Session.MeasureLag(driver.Time));
    }

    [Fact]
    public void PL006_Counters_TellWhatWasSentAndHowLongItTook()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 10);
        var before = driver.Session.Counters.FramesSent;
        Assert.NotNull(driver.Session.NextFrame(driver.Time));
        driver.Now += TimeSpan.FromMilliseconds(3);
        driver.Step(new FrameSent());

        Assert.Equal(10, driver.Session.Counters.EventsSent);
        Assert.Equal(before + 1, driver.Session.Counters.FramesSent);
        Assert.InRange(driver.Session.Counters.SendLatency.Percentile(1), TimeSpan.FromMilliseconds(3), TimeSpan.FromMilliseconds(6));
    }

    [Fact]
    public void PL004_Ack_BeyondWhatWasSent_IsNotBelieved()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 10);

        driver.Receive(new AcksFrame([new PositionAck(New, Us, At(Self, 99)), new PositionAck(TopicName.Parse("never.sent"), Us, At(Self, 1))], 0));

        Assert.True(driver.Memory.Acked(New).IsNone);
        Assert.True(driver.Memory.Acked(TopicName.Parse("never.sent")).IsNone);
        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
    }

    [Fact]
    public void PL004_Pause_ParksTheTopicAloneAndGoesBackToTheAckedPosition()
    {
        var other = TopicName.Parse("orders.old");
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 10);
        driver.TakeFrames();
        driver.Receive(new AcksFrame([new PositionAck(New, Us, At(Self, 3))], 0));

        driver.Receive(new PauseFrame(New, Us, 1, MeshErrorCode.LogFull, TimeSpan.FromSeconds(3)));
        driver.Step(new TopicAdvanced(New));
        Assert.False(driver.Has<ReadTopic>());
        driver.Step(new TopicAdvanced(other));
        Assert.Equal(other, driver.Take<ReadTopic>().Topic);
        Assert.Equal(MeshErrorCode.LogFull, driver.Take<LinkNotice>().Code);

        driver.Pass(TimeSpan.FromSeconds(3) - TimeSpan.FromMilliseconds(1));
        Assert.DoesNotContain(driver.Outputs.OfType<ReadTopic>(), static read => read.Topic == New);
        driver.Pass(TimeSpan.FromMilliseconds(1));
        var retry = driver.Outputs.OfType<ReadTopic>().Single(static read => read.Topic == New);
        Assert.Equal(new ReadStart(ReadStartKind.After, At(Self, 3), null, 0), retry.Start);
        driver.AnswerRead(retry, At(Self, 3), 6);
        Assert.Equal(1, driver.TakeFrames().OfType<BatchFrame>().Single().ResumeNumber);
    }

    [Fact]
    public void PL004_Pause_WithAnAbsurdTime_IsBounded()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 1);
        driver.Receive(new PauseFrame(New, Us, 1, MeshErrorCode.LogFull, TimeSpan.MaxValue));
        driver.Receive(new PauseFrame(TopicName.Parse("orders.old"), Us, 2, MeshErrorCode.LogFull, TimeSpan.MinValue));

        Assert.True(driver.Session.NextDeadline < driver.Now + TimeSpan.FromMinutes(6));
        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
    }

    [Fact]
    public void PL004_ResumeAndPause_ForATopicThatIsNoLongerWanted_LeaveTheNumberBehindThem()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 10);
        driver.TakeFrames();
        driver.PeerWants([], version: 2);

        driver.Receive(new ResumeFrame(New, Us, 8, At(Self, 4), ResumeStart.Position, 0));
        Assert.False(driver.Has<ReadTopic>());

        // The receiver still waits for number 8: what is sent when the interest returns must carry it.
        driver.PeerWants(["orders.>"], since: 900, version: 3);
        driver.Step(new TopicAdvanced(New));
        var read = driver.Outputs.OfType<ReadTopic>().Single();
        Assert.Equal(At(Self, 4), read.Start.After);
        driver.AnswerRead(read, At(Self, 4), 5);
        Assert.Equal(8, driver.TakeFrame<BatchFrame>().ResumeNumber);
    }

    [Fact]
    public void PL004_AckOfAnEarlierLife_WithNothingLeftToSend_IsAskedAgain()
    {
        var memory = new PeerMemory(100);
        memory.BeginLink(new Incarnation(SessionDriver.Peer.Incarnation.Value - 1));
        memory.Remember(New, At(Self, 7));
        var driver = Wanting(["orders.>"], memory: memory);

        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [new FoundTopic(New, At(Self, 7))], New, true));
        driver.AnswerNothing(driver.Take<ReadTopic>(), end: At(Self, 7));

        Assert.Equal([new TopicOffer(New, Us, At(Self, 7))], driver.TakeFrame<OfferFrame>().Offers);
    }
}
