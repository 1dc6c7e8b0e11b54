using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class InterestTests
{
    [Fact]
    public void Snapshot_FollowsTheHandshakes_AndSaysWhatWasWantedBefore()
    {
        var driver = new SessionDriver();
        driver.Step(new LocalInterestChanged(7, Patterns("b.>", "a.*")));
        driver.Step(new StreamOpened());
        driver.Receive(SessionDriver.PeerHandshake);
        driver.Step(new PeerAdmitted(driver.Memory));

        var snapshot = driver.TakeFrame<InterestSnapshotFrame>();

        Assert.Equal("west", snapshot.Node);
        Assert.Equal(["a.*", "b.>"], snapshot.Patterns);
        Assert.False(driver.Session.IsInterestSynced);
        driver.Receive(new InterestAppliedFrame(snapshot.Version));
        Assert.True(driver.Session.IsInterestSynced);
    }

    [Fact]
    public void Change_IsToldAsUpdates_AndSyncedWhenTheLastIsApplied()
    {
        var driver = WithInterest("a", "b");

        driver.Step(new LocalInterestChanged(2, Patterns("b", "c")));
        var updates = driver.TakeFrames().Cast<InterestUpdateFrame>().ToArray();

        Assert.Equal([("a", false, 2L), ("c", true, 3L)], updates.Select(static update => (update.Pattern, update.IsSubscribe, update.Version)));
        Assert.False(driver.Session.IsInterestSynced);
        driver.Receive(new InterestAppliedFrame(2));
        Assert.False(driver.Session.IsInterestSynced);
        driver.Receive(new InterestAppliedFrame(3));
        Assert.True(driver.Session.IsInterestSynced);
    }

    [Fact]
    public void Change_WhenItIsLarge_IsToldAsASnapshot()
    {
        var driver = WithInterest("a");

        driver.Step(new LocalInterestChanged(2, [.. Enumerable.Range(0, 100).Select(static i => TopicPattern.Parse($"t{i}"))]));

        Assert.Equal(100, driver.TakeFrame<InterestSnapshotFrame>().Patterns.Count);
    }

    [Fact]
    public void Change_ThatIsTakenBackBeforeTheWriterHasRoom_CostsNothing()
    {
        var driver = WithInterest("a");

        driver.Step(new LocalInterestChanged(2, Patterns("a", "b")));
        driver.Step(new LocalInterestChanged(3, Patterns("a")));

        Assert.Empty(driver.TakeFrames());
        Assert.True(driver.Session.IsInterestSynced);
    }

    [Fact]
    public void Change_WithAnOlderVersion_IsIgnored()
    {
        var driver = WithInterest("a");
        driver.Step(new LocalInterestChanged(5, Patterns("a", "b")));
        driver.TakeFrames();

        driver.Step(new LocalInterestChanged(4, Patterns("z")));

        Assert.Empty(driver.TakeFrames());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(99)]
    public void Confirmation_OfAVersionThatWasNotTold_SyncsNothing(long version)
    {
        var driver = WithInterest("a", confirm: false);

        driver.Receive(new InterestAppliedFrame(version));

        Assert.False(driver.Session.IsInterestSynced);
    }

    [Fact]
    public void PeersInterest_IsAppliedThenConfirmed()
    {
        var driver = SessionDriver.Established();

        driver.Receive(new InterestSnapshotFrame("east", ["b", "a.>"], 4));
        var apply = driver.Take<ApplyRemoteInterest>();
        Assert.Equal(Patterns("a.>", "b"), apply.Patterns);
        Assert.Empty(driver.TakeFrames());

        driver.Step(new RemoteInterestApplied(apply.Token, 900));
        Assert.Equal(new InterestAppliedFrame(4), driver.TakeFrame<InterestAppliedFrame>());
        Assert.Equal(900, driver.Memory.Since(TopicPattern.Parse("b")));
        Assert.Equal(Patterns("a.>", "b"), driver.Session.RemoteInterest);
    }

    [Fact]
    public void PeersInterest_ThatChangesWhileItIsApplied_IsAppliedNext()
    {
        var driver = SessionDriver.Established();
        driver.Receive(new InterestSnapshotFrame("east", ["a"], 1));
        var first = driver.Take<ApplyRemoteInterest>();

        driver.Receive(new InterestUpdateFrame("east", true, "b", 2));
        driver.Receive(new InterestUpdateFrame("east", false, "a", 3));
        Assert.False(driver.Has<ApplyRemoteInterest>());
        driver.Step(new RemoteInterestApplied(first.Token, 100));

        Assert.Equal(new InterestAppliedFrame(1), driver.TakeFrame<InterestAppliedFrame>());
        var second = driver.Take<ApplyRemoteInterest>();
        Assert.Equal(Patterns("b"), second.Patterns);
        driver.Step(new RemoteInterestApplied(second.Token, 200));
        Assert.Equal(new InterestAppliedFrame(3), driver.TakeFrame<InterestAppliedFrame>());
        Assert.Equal(200, driver.Memory.Since(TopicPattern.Parse("b")));
    }

    [Fact]
    public void PeersInterest_WhenItCannotBeApplied_IsTriedAgain()
    {
        var driver = SessionDriver.Established();
        driver.Receive(new InterestSnapshotFrame("east", ["a"], 1));
        driver.Step(new RemoteInterestApplied(driver.Take<ApplyRemoteInterest>().Token, 0, MeshErrorCode.NodeNotReady));
        Assert.False(driver.Has<ApplyRemoteInterest>());

        driver.Pass(driver.Options.PauseDelay);

        driver.Step(new RemoteInterestApplied(driver.Take<ApplyRemoteInterest>().Token, 100));
        Assert.Equal(new InterestAppliedFrame(1), driver.TakeFrames().OfType<InterestAppliedFrame>().Single());
    }

    [Fact]
    public void PeersInterest_ThatCannotBeRead_IsSkippedCountedAndSaid()
    {
        var driver = SessionDriver.Established();

        driver.Receive(new InterestSnapshotFrame("east", ["", "good.*", "#", "a..b", "x.>.y", "\u0007bell"], 1));
        driver.Receive(new InterestUpdateFrame("east", true, "**", 2));

        Assert.Equal(Patterns("good.*"), driver.Take<ApplyRemoteInterest>().Patterns);
        Assert.Equal(5, driver.Session.Counters.InterestSkipped);
        Assert.Equal(5, driver.Outputs.OfType<LinkNotice>().Count(static notice => notice.Kind == LinkNoticeKind.InterestSkipped));
        Assert.DoesNotContain(driver.Outputs.OfType<LinkNotice>(), static notice => notice.Detail.Contains('\u0007'));
        Assert.Equal(LinkPhase.Established, driver.Session.Phase);
    }

    [Fact]
    public void PeersInterest_StatedForAnotherNode_IsIgnored()
    {
        var driver = SessionDriver.Established();

        driver.Receive(new InterestSnapshotFrame("north", ["a"], 1));
        driver.Receive(new InterestUpdateFrame("north", true, "a", 2));

        Assert.False(driver.Has<ApplyRemoteInterest>());
        Assert.Equal(2, driver.Session.Counters.InterestSkipped);
    }

    [Fact]
    public void PeersInterest_BeyondTheLimit_ClosesTheLink()
    {
        var options = new LinkOptions { MaxInterestPatterns = 2 };
        var driver = SessionDriver.Established(options);
        driver.Receive(new InterestSnapshotFrame("east", ["a", "b"], 1));

        driver.Receive(new InterestUpdateFrame("east", true, "c", 2));

        driver.Closed(MeshErrorCode.TooMuchInterest);
        var second = SessionDriver.Established(options);
        second.Receive(new InterestSnapshotFrame("east", ["a", "b", "c"], 1));
        second.Closed(MeshErrorCode.TooMuchInterest);
    }

    [Fact]
    public void PeersInterest_OverAReconnect_KeepsTheTimeOfTheUnbrokenWish()
    {
        var first = SessionDriver.Wanting(["a"], since: 100);

        var second = SessionDriver.Established(memory: first.Memory);
        second.PeerWants(["a", "b"], since: 900);

        Assert.Equal(100, second.Memory.Since(TopicPattern.Parse("a")));
        Assert.Equal(900, second.Memory.Since(TopicPattern.Parse("b")));
    }

    private static SessionDriver WithInterest(string pattern, bool confirm) => WithInterest([pattern], confirm);

    private static SessionDriver WithInterest(params string[] patterns) => WithInterest(patterns, true);

    private static SessionDriver WithInterest(string[] patterns, bool confirm)
    {
        var driver = new SessionDriver();
        driver.Step(new LocalInterestChanged(1, Patterns(patterns)));
        driver.Step(new StreamOpened());
        driver.Receive(SessionDriver.PeerHandshake);
        driver.Step(new PeerAdmitted(driver.Memory));
        driver.TakeFrames();
        if (confirm)
        {
            driver.Receive(new InterestAppliedFrame(1));
        }

        return driver;
    }

    private static TopicPattern[] Patterns(params string[] patterns) => [.. patterns.Select(TopicPattern.Parse)];
}
