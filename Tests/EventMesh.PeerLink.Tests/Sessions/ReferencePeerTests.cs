using System.Text;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using static EventMesh.PeerLink.Tests.Sessions.SessionDriver;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class ReferencePeerTests
{
    private static readonly TopicName New = TopicName.Parse("orders.new");

    [Fact]
    public void Interest_IsSaidInFormsThatAReferencePeerKnows()
    {
        var driver = new SessionDriver();
        driver.Step(new LocalInterestChanged(1, [TopicPattern.Parse("a.>"), TopicPattern.Parse("a.*"), TopicPattern.Parse("b.c")]));
        driver.Step(new StreamOpened());
        driver.Receive(ReferenceHandshake);
        driver.Step(new PeerAdmitted(driver.Memory));

        var snapshot = driver.TakeFrame<InterestSnapshotFrame>();

        string[] expected = ["a.*", "a.*.*", "a.*.*.*", "a.*.*.*.*", "a.*.*.*.*.*", "a.*.*.*.*.*.*", "a.*.*.*.*.*.*.*", "a.*.*.*.*.*.*.*.*", "b.c"];
        Assert.Equal(expected, snapshot.Patterns);
        Assert.True(driver.Session.IsInterestSynced);
    }

    [Fact]
    public void Interest_ThatStillHasOneOfTheForms_IsNotTakenBack()
    {
        var driver = new SessionDriver();
        driver.Step(new LocalInterestChanged(1, [TopicPattern.Parse("a.>"), TopicPattern.Parse("a.*")]));
        driver.Step(new StreamOpened());
        driver.Receive(ReferenceHandshake);
        driver.Step(new PeerAdmitted(driver.Memory));
        driver.TakeFrames();

        driver.Step(new LocalInterestChanged(2, [TopicPattern.Parse("a.*")]));

        var gone = driver.TakeFrames().Cast<InterestUpdateFrame>().ToArray();
        Assert.Equal(7, gone.Length);
        Assert.DoesNotContain(gone, static update => update.IsSubscribe || update.Pattern == "a.*");
    }

    [Fact]
    public void Interest_OfAnEarlierLink_HoldsOnWithoutBeingRepeated()
    {
        var first = Wanting(["orders.*"], since: 100, reference: true);

        var second = new SessionDriver { Memory = first.Memory };
        second.Step(new StreamOpened());
        second.Receive(ReferenceHandshake);
        second.Step(new PeerAdmitted(second.Memory));

        var apply = second.Take<ApplyRemoteInterest>();
        Assert.Equal([TopicPattern.Parse("orders.*")], apply.Patterns);
        second.Step(new RemoteInterestApplied(apply.Token, 900));
        second.Step(new TopicAdvanced(New));
        Assert.Equal(new ReadStart(ReadStartKind.Time, Position.None, null, 900), second.Take<ReadTopic>().Start);
    }

    [Fact]
    public void Interest_IsNotConfirmedToAReferencePeer()
    {
        var driver = Established(reference: true);
        driver.Receive(new InterestSnapshotFrame("east", ["a"], 0));
        driver.Step(new RemoteInterestApplied(driver.Take<ApplyRemoteInterest>().Token, 1));

        Assert.Empty(driver.TakeFrames());
    }

    [Fact]
    public void Events_LeaveOneByOneLiveAndWithoutGaps()
    {
        var driver = Wanting(["orders.*"], since: 900, reference: true);
        driver.Step(new TopicAdvanced(New));
        var read = driver.Take<ReadTopic>();
        Assert.Equal(ReadStartKind.Time, read.Start.Kind);
        var builder = new EventBatchBuilder();
        builder.Add("one"u8, [new("k", "v")]);
        builder.Add("two"u8);
        var batch = new ReplicaBatch(Self.Node, Self.Incarnation, At(Self, 4), 5, 1, builder.BuildCopy());
        var gap = new Gap(Self.Node, Position.None, At(Self, 4), GapReason.BeforeInterest);

        driver.Step(new TopicRead(read.Token, New, [new LinkItem(gap), new LinkItem(batch)], new LogOffset(9), At(Self, 6), false, MeshErrorCode.None));

        var frames = driver.TakeFrames().Cast<EventFrame>().ToArray();
        Assert.Equal(["one", "two"], frames.Select(static frame => Encoding.UTF8.GetString(frame.Payload.Span)));
        Assert.Equal("v", Assert.Single(frames[0].Headers).Value);
        Assert.All(frames, static frame => Assert.Equal("orders.new", frame.Topic));
        Assert.Equal(At(Self, 6), driver.Memory.Acked(New));
    }

    [Fact]
    public void Events_ArePaced()
    {
        var driver = Wanting(["orders.*"], reference: true, options: new LinkOptions { ReferenceEventsPerSecond = 100, ReferenceBurst = 5 });
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 50);

        Assert.Equal(5, driver.TakeFrames().Count);
        Assert.Equal(driver.Now + TimeSpan.FromMilliseconds(10), driver.Session.NextDeadline);
        for (var i = 0; i < 10; i++)
        {
            driver.Pass(TimeSpan.FromMilliseconds(10));
            Assert.Single(driver.TakeFrames());
        }
    }

    [Fact]
    public void Events_OfAReferencePeer_AreStoredAsOurOwn()
    {
        var driver = Established(reference: true);

        driver.Receive(new EventFrame("orders.new", 7, "x"u8.ToArray(), [new("k", "v")]));

        var call = driver.Take<IngestEvents>();
        Assert.Equal(New, call.Topic);
        var reader = new EventBatchReader(call.Events);
        Assert.True(reader.MoveNext());
        Assert.Equal("x"u8.ToArray(), EventBody.Payload(reader.Body).ToArray());
        Assert.Equal("v", Assert.Single(EventBody.Headers(reader.Body.Span)).Value);
        driver.Step(new EventsIngested(call.Token, New, MeshErrorCode.None, null));
        Assert.Equal(1, driver.Session.Counters.RecordsStored);
    }

    [Fact]
    public void Events_ThatCannotBeStoredNow_AreKeptInOrderAndTriedAgain()
    {
        var driver = Established(reference: true);
        driver.Receive(new EventFrame("orders.new", 0, new byte[] { 1 }, []));
        driver.Receive(new EventFrame("orders.new", 1, new byte[] { 2 }, []));
        driver.Step(new EventsIngested(driver.Take<IngestEvents>().Token, New, MeshErrorCode.Busy, TimeSpan.FromSeconds(2)));
        driver.Receive(new EventFrame("orders.new", 2, new byte[] { 3 }, []));
        Assert.False(driver.Has<IngestEvents>());

        driver.Pass(TimeSpan.FromSeconds(2));

        var again = driver.Take<IngestEvents>();
        Assert.Equal([1, 2, 3], Payloads(again.Events));
    }

    [Fact]
    public void Events_ThatCanNeverBeStored_AreDroppedCountedAndSaid()
    {
        var driver = Established(reference: true);

        driver.Receive(new EventFrame("", 0, default, []));
        driver.Receive(new EventFrame("a..b", 0, default, []));
        driver.Receive(new EventFrame("$state.x", 0, default, []));
        driver.Receive(new EventFrame("a", 0, new byte[EventLimits.MaxEventBytes + 1], []));
        driver.Receive(new EventFrame("a", 0, default, [.. Enumerable.Range(0, 65).Select(static i => KeyValuePair.Create($"h{i}", ""))]));
        driver.Receive(new EventFrame("a", 0, default, [new("", "nameless")]));

        Assert.False(driver.Has<IngestEvents>());
        Assert.Equal(6, driver.Session.Counters.EventsRefused);
        Assert.Equal(6, driver.Outputs.OfType<LinkNotice>().Count());
        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
    }

    [Fact]
    public void Events_ThatPileUp_StopTheReadingNotTheLink()
    {
        var driver = Established(reference: true, options: new LinkOptions { IngestQueueBytes = 64 * 1024 });
        for (var i = 0; driver.Session.WantsFrames; i++)
        {
            Assert.True(i < 100, "Nothing stops the reading.");
            driver.Receive(new EventFrame("orders.new", i, new byte[10_000], []));
        }

        driver.Pass(TimeSpan.FromMinutes(5));
        Assert.Equal(LinkPhase.Established, driver.Session.Phase);

        while (driver.Has<IngestEvents>())
        {
            driver.Step(new EventsIngested(driver.Take<IngestEvents>().Token, New, MeshErrorCode.None, null));
        }

        Assert.True(driver.Session.WantsFrames);
        driver.Pass(driver.Options.HeartbeatInterval);
        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
    }

    [Fact]
    public void ExtensionFrames_OfAReferencePeer_BreakTheProtocol()
    {
        LinkFrame[] frames =
        [
            PeerBatch("a", Position.None, 1),
            new OfferFrame([]),
            new AcksFrame([], 5),
            new ResumeFrame(New, Self.Node, 1, Position.None, ResumeStart.Live, 0),
            new InterestAppliedFrame(1),
        ];

        foreach (var frame in frames)
        {
            var driver = Established(reference: true);
            driver.Receive(frame);
            driver.Closed(MeshErrorCode.MalformedFrame);
        }
    }

    [Fact]
    public void SingleEvents_OfANodeThatKnowsBatches_BreakTheProtocol()
    {
        var driver = Established();

        driver.Receive(new EventFrame("a", 0, default, []));

        driver.Closed(MeshErrorCode.MalformedFrame);
    }

    [Fact]
    public void Heartbeats_ToAReferencePeer_CarryNoEcho()
    {
        var driver = Established(reference: true);
        driver.Receive(new HeartbeatFrame(500, 0, 0));
        driver.Pass(driver.Options.HeartbeatInterval);

        Assert.Equal(new HeartbeatFrame(driver.Time.UnixMs, 0, 0), driver.TakeFrame<HeartbeatFrame>());
    }

    private static List<int> Payloads(EventBatch events)
    {
        var payloads = new List<int>();
        for (var reader = new EventBatchReader(events); reader.MoveNext();)
        {
            payloads.Add(EventBody.Payload(reader.Body).Span[0]);
        }

        return payloads;
    }
}
