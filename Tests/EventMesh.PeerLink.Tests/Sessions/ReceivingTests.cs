using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using static EventMesh.PeerLink.Tests.Sessions.SessionDriver;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class ReceivingTests
{
    private static readonly TopicName New = TopicName.Parse("orders.new");

    [Fact]
    public void PL004_Batch_IsAckedOnlyAfterTheLogHasIt()
    {
        var driver = Established();
        var frame = PeerBatch("orders.new", Position.None, 5);

        driver.Receive(frame);
        var call = driver.Take<ReplicateItems>();
        Assert.Equal(frame.Batch, Assert.Single(call.Items).Batch);
        Assert.Equal(Peer.Node, call.Origin);
        Assert.Empty(driver.TakeFrames());

        driver.AnswerTaken(call);
        var acks = driver.TakeFrame<AcksFrame>();
        Assert.Equal([new PositionAck(New, Peer.Node, At(Peer, 4))], acks.Acks);
        Assert.Equal(frame.SizeBytes, acks.CreditBytes);
    }

    [Fact]
    public void PL004_Batches_OfOneTopic_HaveOneCallUnderWayAndTheRestGathers()
    {
        var driver = Established();
        driver.Receive(PeerBatch("orders.new", Position.None, 2));
        driver.Receive(PeerBatch("orders.new", At(Peer, 1), 2));
        driver.Receive(PeerBatch("orders.new", At(Peer, 3), 2));
        driver.Receive(PeerBatch("orders.old", Position.None, 1));
        var first = driver.Take<ReplicateItems>();
        Assert.Equal("orders.old", driver.Take<ReplicateItems>().Topic.Value);
        Assert.False(driver.Has<ReplicateItems>());

        driver.AnswerTaken(first);

        Assert.Equal([At(Peer, 3), At(Peer, 5)], driver.Take<ReplicateItems>().Items.Select(static item => item.Last));
    }

    [Fact]
    public void PL004_Acks_AreCoalescedPerTopicUntilTheWriterHasRoom()
    {
        var driver = Established();
        var sizes = 0;
        for (var i = 0; i < 3; i++)
        {
            var frame = PeerBatch("orders.new", i == 0 ? Position.None : At(Peer, i - 1), 1);
            sizes += frame.SizeBytes;
            driver.Receive(frame);
            driver.AnswerTaken(driver.Take<ReplicateItems>());
        }

        var acks = driver.TakeFrame<AcksFrame>();

        Assert.Equal(At(Peer, 2), Assert.Single(acks.Acks).Held);
        Assert.Equal(sizes, acks.CreditBytes);
    }

    [Fact]
    public void PL004_Acks_OfManyTopics_LeaveInFramesOfBoundedSize_AndCreditWithTheLast()
    {
        var driver = Established();
        for (var i = 0; i < 2_000; i++)
        {
            driver.Receive(PeerBatch($"t{i}", Position.None, 1));
            driver.AnswerTaken(driver.Take<ReplicateItems>());
        }

        var frames = driver.TakeFrames().Cast<AcksFrame>().ToArray();

        Assert.Equal([1_024, 976], frames.Select(static frame => frame.Acks.Count));
        Assert.Equal(0, frames[0].CreditBytes);
        Assert.True(frames[1].CreditBytes > 0);
    }

    [Fact]
    public void PL004_Duplicate_IsCountedAndAckedWithWhatIsHeld()
    {
        var driver = Established();
        driver.Receive(PeerBatch("orders.new", Position.None, 3));
        var call = driver.Take<ReplicateItems>();

        driver.Step(new ItemsReplicated(
            call.Token, New, [new LinkItemResult(ReplicaVerdict.Duplicate, At(Peer, 40), 0, 3, false)], MeshErrorCode.None, null));

        Assert.Equal(At(Peer, 40), Assert.Single(driver.TakeFrame<AcksFrame>().Acks).Held);
        Assert.Equal(3, driver.Session.Counters.DuplicatesDropped);
    }

    [Fact]
    public void PL004_BatchThatDoesNotContinue_IsAnsweredWithOneResume()
    {
        var driver = Established();
        driver.Receive(PeerBatch("orders.new", At(Peer, 9), 1));
        driver.Receive(PeerBatch("orders.new", At(Peer, 10), 1));
        driver.AnswerResume(driver.Take<ReplicateItems>(), At(Peer, 4));
        driver.Receive(PeerBatch("orders.new", At(Peer, 11), 1));

        var frames = driver.TakeFrames();
        Assert.Equal(new ResumeFrame(New, Peer.Node, 1, At(Peer, 4), ResumeStart.Position, 0), frames.OfType<ResumeFrame>().Single());
        Assert.True(frames.OfType<AcksFrame>().Single().CreditBytes > 0);
        Assert.Empty(frames.OfType<AcksFrame>().Single().Acks);
        Assert.False(driver.Has<ReplicateItems>());

        driver.Receive(PeerBatch("orders.new", At(Peer, 4), 8, number: 1));
        Assert.Equal(At(Peer, 12), Assert.Single(driver.Take<ReplicateItems>().Items).Last);
        Assert.Equal(2, driver.Session.Counters.EventsIgnored);
    }

    [Theory]
    [InlineData(FirstContact.Live, ResumeStart.Live)]
    [InlineData(FirstContact.Earliest, ResumeStart.Earliest)]
    public void PL004_FirstContact_SaysWhereToStart(FirstContact contact, ResumeStart start)
    {
        var driver = Established(new LinkOptions { FirstContact = contact });
        driver.Receive(new OfferFrame([new TopicOffer(New, Peer.Node, At(Peer, 9)), new TopicOffer(TopicName.Parse("b"), Peer.Node, At(Peer, 9))]));
        var lookUp = driver.Take<LookUpPositions>();
        Assert.Equal(Peer.Node, lookUp.Origin);

        driver.Step(new PositionsFound(lookUp.Token, [Position.None, At(Peer, 5)]));

        var resumes = driver.TakeFrames().Cast<ResumeFrame>().ToArray();
        Assert.Equal([1, 2], resumes.Select(static resume => resume.Number));
        Assert.Equal([start, ResumeStart.Position], resumes.Select(static resume => resume.Start));
        Assert.Equal([Position.None, At(Peer, 5)], resumes.Select(static resume => resume.Held));
    }

    [Fact]
    public void PL004_ResumeToAnOffer_AwaitsNoEcho_SinceNothingIsUnderWay()
    {
        var driver = Established();
        driver.Receive(new OfferFrame([new TopicOffer(New, Peer.Node, At(Peer, 9))]));
        driver.Step(new PositionsFound(driver.Take<LookUpPositions>().Token, [At(Peer, 9)]));
        driver.TakeFrames();

        // Nothing follows position 9, so no echo ever comes. A later event with an older number must not be lost.
        driver.Receive(PeerBatch("orders.new", At(Peer, 9), 1, number: 0));

        Assert.True(driver.Has<ReplicateItems>());
    }

    [Theory]
    [InlineData(MeshErrorCode.LogFull)]
    [InlineData(MeshErrorCode.Busy)]
    [InlineData(MeshErrorCode.NodeNotReady)]
    [InlineData(MeshErrorCode.OutcomeUnknown)]
    [InlineData(MeshErrorCode.LogFailed)]
    [InlineData(MeshErrorCode.None)]
    public void PL004_FailureThatMayPass_PausesTheTopicAloneAndReturnsItsCredit(MeshErrorCode code)
    {
        var driver = Established();
        var frame = PeerBatch("orders.new", Position.None, 1);
        driver.Receive(frame);
        driver.Receive(PeerBatch("orders.new", At(Peer, 0), 1));

        driver.AnswerFailure(driver.Take<ReplicateItems>(), code, TimeSpan.FromSeconds(7));

        var frames = driver.TakeFrames();
        var pause = frames.OfType<PauseFrame>().Single();
        Assert.Equal((New, Peer.Node, 1L, TimeSpan.FromSeconds(7)), (pause.Topic, pause.Origin, pause.Number, pause.RetryAfter));
        Assert.Equal(code == MeshErrorCode.None ? MeshErrorCode.OutcomeUnknown : code, pause.Code);
        Assert.Equal(2 * frame.SizeBytes, frames.OfType<AcksFrame>().Single().CreditBytes);
        Assert.False(driver.Has<ReplicateItems>());

        driver.Receive(PeerBatch("orders.new", At(Peer, 1), 1));
        Assert.False(driver.Has<ReplicateItems>());
        driver.Receive(PeerBatch("orders.new", Position.None, 3, number: 1));
        Assert.True(driver.Has<ReplicateItems>());
    }

    [Fact]
    public void PL004_FailureBehindAResume_IsNotAPauseToo()
    {
        var driver = Established();
        driver.Receive(PeerBatch("other", Position.None, 1));
        driver.Receive(PeerBatch("orders.new", At(Peer, 5), 1));
        driver.Receive(PeerBatch("orders.new", At(Peer, 6), 1));
        driver.AnswerTaken(driver.Take<ReplicateItems>());
        driver.AnswerResume(driver.Take<ReplicateItems>(), Position.None);
        Assert.Single(driver.TakeFrames().OfType<ResumeFrame>());

        driver.Receive(PeerBatch("orders.new", Position.None, 1, number: 1));
        driver.Receive(PeerBatch("orders.new", At(Peer, 4), 1, number: 1));
        driver.AnswerTaken(driver.Take<ReplicateItems>());
        var call = driver.Take<ReplicateItems>();
        driver.Receive(PeerBatch("orders.new", At(Peer, 5), 1, number: 1));
        driver.AnswerResume(call, At(Peer, 0));

        var frames = driver.TakeFrames();
        Assert.Equal(2, frames.OfType<ResumeFrame>().Single().Number);
        Assert.Empty(frames.OfType<PauseFrame>());
    }

    [Fact]
    public void PL004_AnswersThatStopEarly_KeepWhatWasDecided()
    {
        var driver = Established();
        driver.Receive(PeerBatch("orders.new", Position.None, 1));
        driver.Receive(PeerBatch("orders.new", At(Peer, 0), 1));
        driver.Receive(PeerBatch("orders.new", At(Peer, 1), 1));
        driver.AnswerTaken(driver.Take<ReplicateItems>());
        var call = driver.Take<ReplicateItems>();
        Assert.Equal(2, call.Items.Count);

        driver.Step(new ItemsReplicated(
            call.Token, New, [new LinkItemResult(ReplicaVerdict.Take, At(Peer, 1), 1, 0, false)], MeshErrorCode.LogFull, null));

        var frames = driver.TakeFrames();
        Assert.Equal(At(Peer, 1), Assert.Single(frames.OfType<AcksFrame>().Single().Acks).Held);
        Assert.Equal(driver.Options.PauseDelay, frames.OfType<PauseFrame>().Single().RetryAfter);
    }

    [Fact]
    public void Refusal_ByTheHost_TriesEventByEventAndPutsAGapInThePlaceOfTheOneAtFault()
    {
        var driver = Established();
        driver.Receive(PeerBatch("orders.new", Position.None, 3));
        driver.Receive(PeerBatch("orders.new", At(Peer, 2), 1));
        driver.AnswerFailure(driver.Take<ReplicateItems>(), MeshErrorCode.PeerNotAllowed);

        var singles = driver.Take<ReplicateItems>();
        Assert.Equal([At(Peer, 0), At(Peer, 1), At(Peer, 2), At(Peer, 3)], singles.Items.Select(static item => item.Last));
        driver.Step(new ItemsReplicated(
            singles.Token, New, [new LinkItemResult(ReplicaVerdict.Take, At(Peer, 0), 1, 0, false)], MeshErrorCode.PeerNotAllowed, null));

        var rest = driver.Take<ReplicateItems>();
        Assert.Equal(new Gap(Peer.Node, At(Peer, 0), At(Peer, 1), GapReason.Refused, MeshErrorCode.PeerNotAllowed), rest.Items[0].Gap);
        Assert.Equal([At(Peer, 1), At(Peer, 2), At(Peer, 3)], rest.Items.Select(static item => item.Last));
        driver.AnswerTaken(rest);

        Assert.Equal(At(Peer, 3), Assert.Single(driver.TakeFrame<AcksFrame>().Acks).Held);
        Assert.Equal(1, driver.Session.Counters.EventsRefused);
        Assert.Equal(1, driver.Session.Counters.GapsStored);
    }

    [Fact]
    public void Refusal_OfATopicThatIsNone_IsAckedWithoutAGap()
    {
        var driver = Established();
        driver.Receive(PeerBatch("orders.new", Position.None, 3));
        driver.AnswerFailure(driver.Take<ReplicateItems>(), MeshErrorCode.InvalidTopic);
        var gap = driver.Take<ReplicateItems>();
        Assert.NotNull(Assert.Single(gap.Items).Gap);

        driver.AnswerFailure(gap, MeshErrorCode.InvalidTopic);

        Assert.Equal(At(Peer, 2), Assert.Single(driver.TakeFrame<AcksFrame>().Acks).Held);
        Assert.False(driver.Has<ReplicateItems>());
        Assert.Equal(3, driver.Session.Counters.EventsRefused);
    }

    [Fact]
    public void Refusal_OfASystemTopic_StoresNothing()
    {
        var driver = Established();

        driver.Receive(PeerBatch("$state.kind", Position.None, 3));
        driver.Receive(new GapFrame(TopicName.Parse("$state.kind"), new Gap(Peer.Node, At(Peer, 2), At(Peer, 5), GapReason.Trimmed), 0));

        Assert.False(driver.Has<ReplicateItems>());
        Assert.Equal(At(Peer, 5), Assert.Single(driver.TakeFrame<AcksFrame>().Acks).Held);
        Assert.Equal(3, driver.Session.Counters.EventsRefused);
    }

    [Fact]
    public void Refusal_OfABrokenEventOnArrival_KeepsItsNeighbours()
    {
        var builder = new EventBatchBuilder();
        builder.Add([1]);
        builder.AddEncoded([0xFF, 2], 0);
        builder.Add([3]);
        var batch = new ReplicaBatch(Peer.Node, Peer.Incarnation, At(Peer, 6), 7, 1, builder.BuildCopy());
        var driver = Established();

        driver.Receive(new BatchFrame(New, batch, 0));

        var call = driver.Take<ReplicateItems>();
        Assert.Equal([At(Peer, 7), At(Peer, 8), At(Peer, 9)], call.Items.Select(static item => item.Last));
        Assert.Equal([At(Peer, 6), At(Peer, 7), At(Peer, 8)], call.Items.Select(static item => item.Previous));
        Assert.Equal(MeshErrorCode.MalformedEvent, call.Items[1].Gap!.Code);
        driver.AnswerTaken(call);
        Assert.True(driver.TakeFrame<AcksFrame>().CreditBytes > 0);
        Assert.Equal(1, driver.Session.Counters.EventsRefused);
    }

    [Fact]
    public void Refusal_OfABatchThatCannotBeWalked_BecomesOneGap()
    {
        var batch = new ReplicaBatch(Peer.Node, Peer.Incarnation, Position.None, 0, 1, new EventBatch(5, 0, new byte[] { 0, 0x7F, 1 }));
        var driver = Established();

        driver.Receive(new BatchFrame(New, batch, 0));

        var gap = Assert.Single(driver.Take<ReplicateItems>().Items).Gap!;
        Assert.Equal((Position.None, At(Peer, 4), GapReason.Refused), (gap.From, gap.To, gap.Reason));
        Assert.Equal(5, driver.Session.Counters.EventsRefused);
    }

    [Fact]
    public void Gap_IsStoredInItsPlaceAndAcked()
    {
        var driver = Established();
        var gap = new Gap(Peer.Node, Position.None, At(Peer, 8), GapReason.BeforeInterest);
        driver.Receive(new GapFrame(New, gap, 0));
        driver.Receive(PeerBatch("orders.new", At(Peer, 8), 1));

        var call = driver.Take<ReplicateItems>();
        Assert.Equal(gap, Assert.Single(call.Items).Gap);
        driver.AnswerTaken(call);

        Assert.Equal(At(Peer, 8), Assert.Single(driver.TakeFrame<AcksFrame>().Acks).Held);
        Assert.Equal(LinkNoticeKind.GapStored, driver.Take<LinkNotice>().Kind);
        Assert.Equal(At(Peer, 9), Assert.Single(driver.Take<ReplicateItems>().Items).Last);
    }

    [Fact]
    public void Origin_ThatRewound_IsReported()
    {
        var driver = Established();
        driver.Receive(PeerBatch("orders.new", Position.None, 1));
        var call = driver.Take<ReplicateItems>();

        driver.Step(new ItemsReplicated(call.Token, New, [new LinkItemResult(ReplicaVerdict.Take, At(Peer, 0), 2, 0, true)], MeshErrorCode.None, null));

        Assert.Equal(LinkNoticeKind.OriginRewound, driver.Take<LinkNotice>().Kind);
    }

    [Fact]
    public void Events_OfAThirdNode_BreakTheProtocol()
    {
        var third = new NodeIdentity(NodeId.Parse("north"), new Incarnation(5));
        LinkFrame[] frames =
        [
            new BatchFrame(New, Batch(third, Position.None, 1), 0),
            new GapFrame(New, new Gap(third.Node, Position.None, At(third, 3), GapReason.Trimmed), 0),
            new OfferFrame([new TopicOffer(New, third.Node, At(third, 3))]),
            new BatchFrame(New, Batch(Self, Position.None, 1), 0),
        ];

        foreach (var frame in frames)
        {
            var driver = Established();
            driver.Receive(frame);
            driver.Closed(MeshErrorCode.MalformedFrame);
        }
    }

    [Fact]
    public void Bounds_AwaitedNumbersAreForgottenOldestFirst_AndTheLogStillDecides()
    {
        var driver = Established(new LinkOptions { MaxTopics = 16 });
        for (var i = 0; i < 20; i++)
        {
            driver.Receive(PeerBatch($"t{i}", At(Peer, 5), 1));
            driver.AnswerResume(driver.Take<ReplicateItems>(), Position.None);
        }

        Assert.Equal(4, driver.Probe[LinkBranch.AwaitForgotten]);
        driver.Receive(PeerBatch("t0", At(Peer, 6), 1));
        Assert.True(driver.Has<ReplicateItems>());
        driver.Outputs.Clear();
        driver.Receive(PeerBatch("t19", At(Peer, 6), 1));
        Assert.False(driver.Has<ReplicateItems>());
    }

    [Fact]
    public void Answer_ThatNobodyAskedFor_ChangesNothing()
    {
        var driver = Established();

        driver.Step(new ItemsReplicated(999, New, [], MeshErrorCode.LogFull, null));
        driver.Step(new PositionsFound(999, [At(Peer, 1)]));
        driver.Step(new RemoteInterestApplied(999, 1));
        driver.Step(new TopicsFound(999, [], default, true));

        Assert.Empty(driver.Outputs);
        Assert.Empty(driver.TakeFrames());
    }
}
