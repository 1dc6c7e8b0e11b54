using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;
using static EventMesh.PeerLink.Tests.Sessions.SessionDriver;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class TopicCursorTests
{
    private static readonly TopicName New = TopicName.Parse("orders.new");
    private static readonly NodeId Us = Self.Node;

    [Fact]
    public void Bounds_PausesWithoutEnd_DoNotPileUp()
    {
        var driver = Wanting(["orders.>"], options: new LinkOptions { MaxTopics = 16 });
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 1);

        for (var i = 1; i <= 100_000; i++)
        {
            driver.Receive(new PauseFrame(New, Us, i, MeshErrorCode.LogFull, TimeSpan.FromSeconds(100)));
            driver.Outputs.Clear();
        }

        Assert.True(driver.Session.TrackedEntries < 100, $"{driver.Session.TrackedEntries} entries");
    }

    [Fact]
    public void Bounds_InterestThatComesAndGoes_DoesNotPileUp()
    {
        var driver = Wanting([">"], options: new LinkOptions { MaxTopics = 16, MaxReads = 1 });
        for (var i = 0; i < 2_000; i++)
        {
            driver.Step(new TopicAdvanced(New));
            driver.Step(new TopicAdvanced(TopicName.Parse("orders.old")));
            driver.Receive(new InterestSnapshotFrame("east", i % 2 == 0 ? [] : [">"], i + 2));
            driver.Step(new RemoteInterestApplied(driver.Take<ApplyRemoteInterest>().Token, 700));
            driver.TakeFrames();
            driver.Outputs.Clear();
        }

        Assert.True(driver.Session.TrackedEntries < 100, $"{driver.Session.TrackedEntries} entries");
    }

    [Fact]
    public void Interest_WhenItIsLostUnderWay_DropsReadsAndFrames()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        var end = driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 3, end: At(Self, 9));
        var read = driver.Take<ReadTopic>();

        driver.PeerWants([], version: 2);
        driver.AnswerRead(read, end, 7);

        Assert.Empty(driver.TakeFrames());
        driver.Step(new TopicAdvanced(New));
        Assert.False(driver.Has<ReadTopic>());
        Assert.Equal(1, driver.Probe[LinkBranch.InterestLostUnderWay]);
    }

    [Fact]
    public void Advance_DuringARead_IsNotLost()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        var read = driver.Take<ReadTopic>();

        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(read, Position.None, 3);

        Assert.Equal(At(Self, 2), driver.Take<ReadTopic>().Start.After);
    }

    [Fact]
    public void Advance_OfATopicThatIsNotWanted_CostsNothing()
    {
        var driver = Wanting(["orders.>"]);

        driver.Step(new TopicAdvanced(TopicName.Parse("flights.new")));
        driver.Step(new TopicAdvanced(TopicName.Parse("$state.x")));

        Assert.False(driver.Has<ReadTopic>());
    }

    [Fact]
    public void Read_ThatFoundOnlyOtherNodesRecords_GoesOn()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        var end = driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 3, end: At(Self, 9));
        var read = driver.Take<ReadTopic>();

        driver.Step(new TopicRead(read.Token, New, [], new LogOffset(50), At(Self, 9), false, MeshErrorCode.None));

        Assert.Equal(new ReadStart(ReadStartKind.After, end, new LogOffset(50), 0), driver.Take<ReadTopic>().Start);
    }

    [Fact]
    public void Read_ThatMakesNoProgress_WaitsForTheSweep()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [], default, true));
        driver.Step(new TopicAdvanced(New));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 3, end: At(Self, 9));
        var read = driver.Take<ReadTopic>();

        driver.Step(new TopicRead(read.Token, New, [], read.Start.Cursor!.Value, At(Self, 9), false, MeshErrorCode.None));
        Assert.False(driver.Has<ReadTopic>());

        driver.Pass(driver.Options.SweepInterval);
        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [new FoundTopic(New, At(Self, 9))], New, true));
        Assert.Equal(New, driver.Take<ReadTopic>().Topic);
    }

    [Fact]
    public void Read_ThatFails_IsTriedAgainAfterThePause()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicAdvanced(New));
        var read = driver.Take<ReadTopic>();
        driver.Step(new TopicRead(read.Token, New, [], default, default, false, MeshErrorCode.LogFailed));
        Assert.Equal(MeshErrorCode.LogFailed, driver.Take<LinkNotice>().Code);

        driver.Pass(driver.Options.PauseDelay);

        Assert.Equal(read.Start, driver.Take<ReadTopic>().Start);
    }

    [Fact]
    public void Peer_ThatHoldsMoreThanWeDo_IsReportedAndNotSentTo()
    {
        var driver = Wanting(["orders.>"]);
        driver.Receive(new ResumeFrame(New, Us, 1, At(Self, 500), ResumeStart.Position, 0));

        driver.AnswerNothing(driver.Take<ReadTopic>(), end: At(Self, 80));

        Assert.Equal(MeshErrorCode.PeerAhead, driver.Outputs.OfType<LinkNotice>().Single().Code);
        driver.Step(new TopicAdvanced(New));
        Assert.False(driver.Has<ReadTopic>());
        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
    }

    [Fact]
    public void Peer_ThatHoldsMoreOfAnOlderIncarnation_IsSentTheNewOneFromItsBeginning()
    {
        var older = new Position(new Incarnation(900), 100);
        var driver = Wanting(["orders.>"]);
        driver.Receive(new ResumeFrame(New, Us, 1, older, ResumeStart.Position, 0));
        driver.AnswerNothing(driver.Take<ReadTopic>(), end: new Position(new Incarnation(900), 80));
        Assert.Empty(driver.Outputs.OfType<LinkNotice>());

        driver.Step(new TopicAdvanced(New));

        // Where 900/100 would be in this log is not known, so the place must be looked for again.
        Assert.Equal(new ReadStart(ReadStartKind.After, older, null, 0), driver.Take<ReadTopic>().Start);
    }

    [Fact]
    public void Scan_AfterInterestIsApplied_FindsTopicsPageByPage()
    {
        var driver = Wanting(["orders.>"]);
        var first = driver.Take<FindTopics>();
        Assert.True(first.After.Value.Length == 0);
        driver.Step(new TopicsFound(first.Token, [new FoundTopic(New, At(Self, 3))], New, IsLast: false));
        Assert.Equal(New, driver.Take<ReadTopic>().Topic);

        var second = driver.Take<FindTopics>();
        Assert.Equal(New, second.After);
        driver.Step(new TopicsFound(second.Token, [], default, IsLast: true));

        Assert.False(driver.Has<FindTopics>());
        driver.Pass(driver.Options.SweepInterval);
        Assert.True(driver.Take<FindTopics>().After.Value.Length == 0);
    }

    [Fact]
    public void Scan_WhenInterestChangesUnderWay_BeginsAgain()
    {
        var driver = Wanting(["orders.>"]);
        var first = driver.Take<FindTopics>();
        driver.PeerWants(["flights.>"], version: 2);

        driver.Step(new TopicsFound(first.Token, [new FoundTopic(New, At(Self, 3))], New, IsLast: true));

        Assert.False(driver.Has<ReadTopic>());
        Assert.Equal([TopicPattern.Parse("flights.>")], driver.Take<FindTopics>().Patterns);
    }

    [Fact]
    public void Sweep_FindsWhatALostWakeUpLeftBehind_AndNothingElse()
    {
        var driver = Wanting(["orders.>"]);
        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [new FoundTopic(New, At(Self, 2))], New, true));
        driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 3);
        driver.TakeFrames();

        driver.Pass(driver.Options.SweepInterval);
        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [new FoundTopic(New, At(Self, 2))], New, true));
        Assert.False(driver.Has<ReadTopic>());

        driver.Pass(driver.Options.SweepInterval);
        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [new FoundTopic(New, At(Self, 3))], New, true));
        Assert.Equal(At(Self, 2), driver.Take<ReadTopic>().Start.After);
    }

    [Fact]
    public void Sweep_SaysWhatTheLastWholeOneHasSeen()
    {
        var driver = Wanting(["orders.>"]);
        var first = driver.Take<FindTopics>();
        driver.Step(new TopicsFound(first.Token, [], New, IsLast: false, Version: 4));
        var page = driver.Take<FindTopics>();
        driver.Step(new TopicsFound(page.Token, [], New, IsLast: true, Version: 5));

        driver.Pass(driver.Options.SweepInterval);
        var second = driver.Take<FindTopics>();
        driver.Step(new TopicsFound(second.Token, [], New, IsLast: true, Version: 9));
        driver.PeerWants(["orders.>", "flights.>"], version: 2);

        // What was flushed while the first went on is known as of its beginning; another interest has seen nothing yet.
        Assert.Equal([-1L, -1L, 4L, -1L], [first.Known, page.Known, second.Known, driver.Take<FindTopics>().Known]);
    }

    [Fact]
    public void Sweep_DoesNotWakeTopicsThatAreAckedAndForgotten()
    {
        var memory = new PeerMemory(100);
        memory.BeginLink(SessionDriver.Peer.Incarnation);
        memory.Remember(New, At(Self, 7));
        var driver = Wanting(["orders.>"], memory: memory);

        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [new FoundTopic(New, At(Self, 7))], New, true));

        Assert.False(driver.Has<ReadTopic>());
    }

    [Fact]
    public void Memory_ThatHasForgotten_MakesEveryUnknownTopicAsk()
    {
        var memory = new PeerMemory(1);
        memory.Remember(TopicName.Parse("a"), At(Self, 1));
        memory.Remember(TopicName.Parse("b"), At(Self, 1));
        var driver = Wanting(["orders.>"], memory: memory);

        driver.Step(new TopicAdvanced(New));

        Assert.Equal(new ReadStart(ReadStartKind.Open, Position.None, null, long.MaxValue), driver.Take<ReadTopic>().Start);
    }

    [Fact]
    public void Bounds_OffersAreAskedPageByPage()
    {
        var options = new LinkOptions { MaxReads = 64 };
        var driver = Wanting([">"], options: options);
        for (var i = 0; i < 2_000; i++)
        {
            driver.Step(new TopicAdvanced(TopicName.Parse($"t{i:D5}")));
            foreach (var read in driver.Outputs.OfType<ReadTopic>().ToArray())
            {
                driver.Outputs.Remove(read);
                driver.AnswerOffer(read, At(Self, 3));
            }
        }

        var offered = driver.TakeFrames().OfType<OfferFrame>().ToArray();
        Assert.All(offered, static offer => Assert.InRange(offer.Offers.Count, 1, OfferFrame.MaxOffers));
        Assert.Equal(1_024, offered.Sum(static offer => offer.Offers.Count));

        driver.Receive(new ResumeFrame(offered[0].Offers[0].Topic, Us, 1, At(Self, 3), ResumeStart.Position, 0));
        Assert.Equal(1, driver.TakeFrames().OfType<OfferFrame>().Sum(static offer => offer.Offers.Count));
    }

    [Fact]
    public void Bounds_WhenThePlacesRunOutWithinAPage_TheScanGoesOnThere()
    {
        var driver = Wanting([">"], options: new LinkOptions { MaxTopics = 16 });
        var first = driver.Take<FindTopics>();
        FoundTopic[] page = [.. Enumerable.Range(0, 20).Select(static i => new FoundTopic(TopicName.Parse($"t{i:D2}"), At(Self, 0)))];

        driver.Step(new TopicsFound(first.Token, page, page[^1].Topic, IsLast: true));
        driver.Pass(driver.Options.SweepInterval);
        var second = driver.Take<FindTopics>();
        Assert.Equal("t15", second.After.Value);

        driver.Step(new TopicsFound(second.Token, page[16..], page[^1].Topic, IsLast: true));
        driver.Pass(driver.Options.SweepInterval);
        Assert.Equal("t15", driver.Take<FindTopics>().After.Value);
    }

    [Fact]
    public void Bounds_WhenEveryPlaceIsTaken_TopicsWaitUntilOneIsIdle()
    {
        var driver = Wanting([">"], options: new LinkOptions { MaxTopics = 16 });
        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [], default, true));
        for (var i = 0; i < 16; i++)
        {
            driver.Step(new TopicAdvanced(TopicName.Parse($"t{i:D2}")));
        }

        while (driver.Has<ReadTopic>())
        {
            driver.AnswerRead(driver.Take<ReadTopic>(), Position.None, 1);
        }

        driver.TakeFrames();
        var late = TopicName.Parse("z");
        driver.Step(new TopicAdvanced(late));
        Assert.False(driver.Has<ReadTopic>());

        driver.Receive(new AcksFrame([new PositionAck(TopicName.Parse("t05"), Us, At(Self, 0))], 0));
        driver.Pass(driver.Options.SweepInterval);
        driver.Step(new TopicsFound(driver.Take<FindTopics>().Token, [new FoundTopic(late, At(Self, 0))], late, true));

        Assert.Equal(late, driver.Take<ReadTopic>().Topic);
        Assert.Equal(At(Self, 0), driver.Memory.Acked(TopicName.Parse("t05")));
    }
}
