using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using static EventMesh.PeerLink.Tests.Sessions.SessionDriver;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class ClosingTests
{
    private static readonly CloseRequested Drain = new(MeshErrorCode.NodeNotReady, "The node stops.", TimeSpan.FromSeconds(9), Drain: true);

    [Fact]
    public void PL001_GracefulClose_WhenNothingIsUnderWay_SaysGoodbyeAtOnce()
    {
        var driver = Established();

        driver.Step(Drain);

        Assert.Equal(new GoodbyeFrame(MeshErrorCode.NodeNotReady, "The node stops.", TimeSpan.FromSeconds(9)), driver.TakeFrame<GoodbyeFrame>());
        var close = driver.Closed(MeshErrorCode.NodeNotReady);
        Assert.False(close.ByPeer);
        Assert.Equal(LinkHealth.Disconnected, driver.Session.Health);
    }

    [Fact]
    public void PL001_GracefulClose_WaitsForStoresAndTheirAcks()
    {
        var driver = Established();
        driver.Receive(PeerBatch("a", Position.None, 2));
        var call = driver.Take<ReplicateItems>();

        driver.Step(Drain);
        Assert.Empty(driver.TakeFrames());
        driver.Receive(PeerBatch("a", At(Peer, 1), 2));
        Assert.False(driver.Has<ReplicateItems>());
        driver.AnswerTaken(call);

        var frames = driver.TakeFrames();
        Assert.Equal(At(Peer, 1), Assert.Single(Assert.IsType<AcksFrame>(frames[0]).Acks).Held);
        Assert.IsType<GoodbyeFrame>(frames[1]);
        driver.Closed(MeshErrorCode.NodeNotReady);
    }

    [Fact]
    public void PL001_GracefulClose_SendsWhatIsQueuedAndReadsNothingMore()
    {
        var driver = Wanting([">"]);
        driver.Step(new TopicAdvanced(TopicName.Parse("a")));
        var end = driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 2, end: At(Self, 9));
        var read = driver.Take<ReadTopic>();

        driver.Step(Drain);
        driver.AnswerRead(read, end, 2);
        driver.Step(new TopicAdvanced(TopicName.Parse("b")));

        Assert.False(driver.Has<ReadTopic>());
        var frames = driver.TakeFrames();
        Assert.Equal(2, Assert.IsType<BatchFrame>(frames[0]).Batch.Events.Count);
        Assert.IsType<GoodbyeFrame>(frames[1]);
    }

    [Fact]
    public void PL001_GracefulClose_EndsAtTheTimeout()
    {
        var driver = Established();
        driver.Receive(PeerBatch("a", Position.None, 2));
        driver.Step(Drain);
        Assert.Equal(driver.Now + driver.Options.DrainTimeout, driver.Session.NextDeadline);

        driver.Pass(driver.Options.DrainTimeout);

        Assert.IsType<GoodbyeFrame>(Assert.Single(driver.TakeFrames()));
        driver.Closed(MeshErrorCode.NodeNotReady);
        Assert.Equal(1, driver.Probe[LinkBranch.DrainTimedOut]);
    }

    [Fact]
    public void PL001_Close_AtOnce_OvertakesADrain()
    {
        var driver = Established();
        driver.Receive(PeerBatch("a", Position.None, 2));
        driver.Step(Drain);

        driver.Step(new CloseRequested(MeshErrorCode.LinkClosed, "now", null, Drain: false));

        Assert.Equal(MeshErrorCode.LinkClosed, driver.TakeFrame<GoodbyeFrame>().Code);
        driver.Closed(MeshErrorCode.LinkClosed);
    }

    [Fact]
    public void PL001_Close_Twice_SaysOneGoodbye()
    {
        var driver = Established();
        driver.Step(new CloseRequested(MeshErrorCode.LinkClosed, "one", null, Drain: false));
        driver.Step(new CloseRequested(MeshErrorCode.NodeNotReady, "two", null, Drain: false));

        Assert.Equal("one", driver.TakeFrame<GoodbyeFrame>().Message);
        driver.Closed(MeshErrorCode.LinkClosed);
    }

    [Fact]
    public void PL001_Goodbye_WhenTheTransportTakesNothing_IsGivenUpAfterTheSendTimeout()
    {
        var driver = Established();
        driver.Step(new CloseRequested(MeshErrorCode.LinkClosed, "x", null, Drain: false));
        Assert.IsType<GoodbyeFrame>(driver.Session.NextFrame(driver.Time));
        Assert.False(driver.Has<CloseLink>());

        driver.Pass(driver.Options.SendTimeout);

        driver.Closed(MeshErrorCode.LinkClosed);
        Assert.Equal(1, driver.Session.Counters.SendFailures);
    }

    [Fact]
    public void PL001_GoodbyeOfThePeer_EndsTheLinkWithItsReasonAndHint()
    {
        var driver = Established();

        driver.Receive(new GoodbyeFrame(MeshErrorCode.NodeNotReady, "bye\u0000", TimeSpan.FromSeconds(3)));

        var close = driver.Closed(MeshErrorCode.NodeNotReady);
        Assert.True(close.ByPeer);
        Assert.Equal("bye?", close.Message);
        Assert.Equal(TimeSpan.FromSeconds(3), close.RetryAfter);
    }

    [Theory]
    [InlineData(MeshErrorCode.None, MeshErrorCode.LinkClosed)]
    [InlineData(MeshErrorCode.DuplicateNodeId, MeshErrorCode.DuplicateNodeId)]
    public void StreamThatEnds_ClosesTheLink(MeshErrorCode code, MeshErrorCode expected)
    {
        var driver = Wanting([">"]);
        driver.Step(new TopicAdvanced(TopicName.Parse("a")));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 2);
        Assert.NotNull(driver.Session.NextFrame(driver.Time));

        driver.Step(new StreamEnded(code, "gone"));

        Assert.Equal(expected, driver.Take<CloseLink>().Code);
        Assert.Equal(1, driver.Session.Counters.SendFailures);
        Assert.Equal(TimeSpan.MaxValue, driver.Session.NextDeadline);
    }

    [Fact]
    public void StreamThatEnds_WhileThisSideCloses_KeepsThisSidesReason()
    {
        var driver = Established();
        driver.Receive(PeerHandshake);

        driver.Step(new StreamEnded(MeshErrorCode.None, ""));

        Assert.Equal(MeshErrorCode.UnexpectedHandshake, driver.Take<CloseLink>().Code);
    }

    [Fact]
    public void Inputs_AfterTheEnd_ChangeNothing()
    {
        var driver = Wanting([">"]);
        driver.Receive(PeerBatch("a", Position.None, 2));
        var call = driver.Take<ReplicateItems>();
        driver.Step(new StreamEnded(MeshErrorCode.None, ""));
        driver.Outputs.Clear();

        driver.AnswerTaken(call);
        driver.Receive(new HeartbeatFrame(1, 0, 0));
        driver.Step(new TopicAdvanced(TopicName.Parse("a")));
        driver.Step(new CloseRequested(MeshErrorCode.LinkClosed, "", null, true));
        driver.Step(new FrameSent());
        driver.Pass(TimeSpan.FromDays(1));

        Assert.Empty(driver.Outputs);
        Assert.Empty(driver.TakeFrames());
        Assert.False(driver.Session.WantsFrames);
    }

    [Fact]
    public void Goodbye_IsNotSaidToAReferencePeer()
    {
        var driver = Established(reference: true);

        driver.Step(new CloseRequested(MeshErrorCode.NodeNotReady, "", null, Drain: true));

        Assert.Empty(driver.TakeFrames());
        driver.Closed(MeshErrorCode.NodeNotReady);
    }

    [Fact]
    public void FrameSent_ThatWasNotGivenOut_IsTheOwnersMistake() =>
        Assert.Throws<InvalidOperationException>(() => Established().Step(new FrameSent()));
}
