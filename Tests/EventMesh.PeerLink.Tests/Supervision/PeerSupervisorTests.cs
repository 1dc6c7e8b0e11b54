using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Sessions;
using EventMesh.PeerLink.Supervision;

namespace EventMesh.PeerLink.Tests.Supervision;

public sealed class PeerSupervisorTests
{
    private static readonly NodeIdentity Low = new(NodeId.Parse("alpha"), new Incarnation(10));
    private static readonly NodeIdentity High = new(NodeId.Parse("omega"), new Incarnation(20));

    private readonly List<HealthTransition> _health = [];
    private readonly LinkOptions _options = new();
    private TimeSpan _now = TimeSpan.FromMinutes(1);

    private LinkTime Time => new(_now, 5_000);

    [Fact]
    public void PL001_FirstDial_HappensAtOnce()
    {
        var supervisor = Create();

        Assert.Equal(TimeSpan.Zero, supervisor.NextDialAt);
        Assert.Equal(5_000, supervisor.TryBeginDial(Time));
    }

    [Fact]
    public void PL001_Dial_WhileOneIsUnderWay_IsNotBegun()
    {
        var supervisor = Create();
        Assert.NotNull(supervisor.TryBeginDial(Time));

        Assert.Null(supervisor.NextDialAt);
        Assert.Null(supervisor.TryBeginDial(Time));
    }

    [Fact]
    public void PL001_LinkNumber_GrowsEvenWhenTheClockDoesNot()
    {
        var supervisor = Create();
        var first = supervisor.TryBeginDial(Time);
        supervisor.DialFailed(Time, MeshErrorCode.PeerUnreachable, null, byPeer: false);
        _now += TimeSpan.FromSeconds(2);

        Assert.True(supervisor.TryBeginDial(Time) > first);
    }

    [Fact]
    public void PL001_LinkNumber_IsGreaterThanAnyThatAnEarlierLifeGave()
    {
        var supervisor = Create();

        supervisor.Recall(default, 7_000);
        supervisor.Recall(default, 6_000);

        Assert.Equal(7_001, supervisor.TryBeginDial(Time));
    }

    [Fact]
    public void PL001_OlderLifeOfThePeer_IsRefusedAfterARestartToo_UntilThePeerIsForgotten()
    {
        var supervisor = Create();
        supervisor.Recall(new Incarnation(High.Incarnation.Value + 1), 0);

        Assert.Equal(MeshErrorCode.DuplicateNodeId, supervisor.Identified(1, Inbound(number: 9), Time).Code);
        supervisor.Forget();

        Assert.True(supervisor.Identified(2, Inbound(number: 9), Time).Admit);
    }

    [Fact]
    public void PL001_PeerWithoutAddress_IsNotDialled()
    {
        var supervisor = new PeerSupervisor(Low, High.Node, dials: false, _options, static () => 0);

        Assert.Null(supervisor.NextDialAt);
        Assert.Null(supervisor.TryBeginDial(Time));
    }

    [Fact]
    public void PL001_InboundLink_EndsTheWaitForADial()
    {
        var supervisor = Create();
        supervisor.TryBeginDial(Time);
        supervisor.DialFailed(Time, MeshErrorCode.PeerUnreachable, null, byPeer: false);

        Assert.True(supervisor.Identified(1, Inbound(number: 9), Time).Admit);

        Assert.Null(supervisor.NextDialAt);
        Assert.Equal(1, supervisor.CurrentLink);
    }

    [Theory]
    [InlineData("alpha", "omega")]
    [InlineData("omega", "alpha")]
    public void PL001_WhenBothDial_BothSidesKeepTheDialOfTheHigherId(string selfName, string peerName)
    {
        var self = selfName == "alpha" ? Low : High;
        var peer = peerName == "alpha" ? Low : High;
        var mineWins = selfName == "omega";

        foreach (var mineFirst in new[] { true, false })
        {
            var supervisor = new PeerSupervisor(self, peer.Node, true, _options, static () => 0);
            supervisor.TryBeginDial(Time);
            var mine = new LinkIdentity(peer, LinkRole.Dialer, 100, false);
            var theirs = new LinkIdentity(peer, LinkRole.Listener, 999, false);
            var (first, second) = mineFirst ? (mine, theirs) : (theirs, mine);

            Assert.True(supervisor.Identified(1, first, Time).Admit);
            var verdict = supervisor.Identified(2, second, Time);

            var secondWins = mineFirst != mineWins;
            Assert.Equal(secondWins, verdict.Admit);
            Assert.Equal(secondWins ? 1 : null, verdict.Replaced);
            Assert.Equal(MeshErrorCode.LinkClosed, secondWins ? verdict.ReplacedCode : verdict.Code);
            Assert.Equal(secondWins ? 2 : 1, supervisor.CurrentLink);
        }
    }

    [Fact]
    public void PL001_AmongDialsOfOneNode_TheGreaterLinkNumberStays()
    {
        var supervisor = Create();
        Assert.True(supervisor.Identified(1, Inbound(number: 50), Time).Admit);

        Assert.False(supervisor.Identified(2, Inbound(number: 49), Time).Admit);
        Assert.False(supervisor.Identified(3, Inbound(number: 50), Time).Admit);
        var verdict = supervisor.Identified(4, Inbound(number: 51), Time);

        Assert.True(verdict.Admit);
        Assert.Equal(1, verdict.Replaced);
    }

    [Fact]
    public void Identity_WhenTheIncarnationIsGreater_ReplacesAnyLink()
    {
        var supervisor = new PeerSupervisor(High, Low.Node, true, _options, static () => 0);
        supervisor.TryBeginDial(Time);
        supervisor.Identified(1, new LinkIdentity(Low, LinkRole.Dialer, 100, false), Time);

        // By the order of dials this one would lose: the higher id's dial stands.
        var reborn = Low with { Incarnation = new Incarnation(11) };
        var verdict = supervisor.Identified(2, new LinkIdentity(reborn, LinkRole.Listener, 1, false), Time);

        Assert.True(verdict.Admit);
        Assert.Equal(1, verdict.Replaced);
        Assert.Equal(MeshErrorCode.DuplicateNodeId, verdict.ReplacedCode);
    }

    [Fact]
    public void Identity_WhenTheIncarnationIsSmaller_IsRefusedForGood()
    {
        var supervisor = Create();
        supervisor.Identified(1, Inbound(number: 50), Time);
        supervisor.LinkEnded(1, Ended(MeshErrorCode.LinkClosed), Time);

        var verdict = supervisor.Identified(2, new LinkIdentity(High with { Incarnation = new Incarnation(19) }, LinkRole.Listener, 60, false), Time);

        Assert.False(verdict.Admit);
        Assert.Equal(MeshErrorCode.DuplicateNodeId, verdict.Code);
        Assert.Contains("19", verdict.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Identity_WhenThePeerCallsUsADuplicate_StopsDialling()
    {
        var supervisor = Create();
        supervisor.TryBeginDial(Time);

        supervisor.DialFailed(Time, MeshErrorCode.DuplicateNodeId, null, byPeer: true);
        _now += TimeSpan.FromHours(1);

        Assert.Equal(MeshErrorCode.DuplicateNodeId, supervisor.StoppedBy);
        Assert.Null(supervisor.NextDialAt);
        supervisor.DialNow();
        Assert.NotNull(supervisor.TryBeginDial(Time));
    }

    [Fact]
    public void Identity_WhenWeDialOurselves_StopsDialling()
    {
        var supervisor = Create();
        supervisor.TryBeginDial(Time);

        supervisor.DialFailed(Time, MeshErrorCode.SelfLink, null, byPeer: false);

        Assert.Equal(MeshErrorCode.SelfLink, supervisor.StoppedBy);
        Assert.Null(supervisor.NextDialAt);
    }

    [Fact]
    public void PL001_PeerThatDialsLongAfterTheLinkWasMade_HasLostIt()
    {
        var supervisor = new PeerSupervisor(High, Low.Node, true, _options, static () => 0);
        supervisor.TryBeginDial(Time);
        supervisor.Identified(1, new LinkIdentity(Low, LinkRole.Dialer, 100, false), Time);
        var inbound = new LinkIdentity(Low, LinkRole.Listener, 200, false);
        Assert.False(supervisor.Identified(2, inbound, Time).Admit);

        _now += _options.DialTimeout + _options.HandshakeTimeout + TimeSpan.FromMilliseconds(1);

        Assert.Equal(1, supervisor.Identified(3, inbound, Time).Replaced);
    }

    [Fact]
    public void PL003_Health_FollowsTheCurrentLinkOnly()
    {
        var supervisor = Create();
        supervisor.Identified(1, Inbound(number: 50), Time);
        supervisor.Identified(2, Inbound(number: 51), Time);

        supervisor.HealthReported(1, LinkHealth.Unhealthy, MeshErrorCode.PeerSilent, "");
        supervisor.LinkEnded(1, Ended(MeshErrorCode.LinkClosed), Time);
        Assert.Equal(LinkHealth.Healthy, supervisor.Health);

        supervisor.HealthReported(2, LinkHealth.Unhealthy, MeshErrorCode.PeerSilent, "quiet");
        supervisor.LinkEnded(2, Ended(MeshErrorCode.PeerSilent), Time);

        Assert.Equal([LinkHealth.Healthy, LinkHealth.Unhealthy, LinkHealth.Disconnected], _health.Select(static change => change.To));
        Assert.Equal([LinkHealth.Disconnected, LinkHealth.Healthy, LinkHealth.Unhealthy], _health.Select(static change => change.From));
        Assert.Equal(MeshErrorCode.PeerSilent, _health[1].Code);
    }

    [Fact]
    public void PL006_Reconnects_AreCountedNotReplacements()
    {
        var supervisor = Create();
        supervisor.Identified(1, Inbound(number: 50), Time);
        supervisor.Identified(2, Inbound(number: 51), Time);
        Assert.Equal(0, supervisor.Reconnects);

        supervisor.LinkEnded(2, Ended(MeshErrorCode.LinkClosed), Time);
        supervisor.Identified(3, Inbound(number: 52), Time);

        Assert.Equal(1, supervisor.Reconnects);
    }

    [Fact]
    public void PL001_LinkThatServedWell_IsRedialledWithTheFirstBackoffAgain()
    {
        var supervisor = Create(random: static () => 0.999);
        for (var i = 0; i < 6; i++)
        {
            FailOnce(supervisor);
        }

        supervisor.TryBeginDial(Time);
        supervisor.Identified(1, new LinkIdentity(High, LinkRole.Dialer, 7, false), Time);
        _now += _options.HeartbeatInterval;
        supervisor.LinkEnded(1, Ended(MeshErrorCode.LinkClosed), Time);

        Assert.InRange(supervisor.NextDialAt!.Value - _now, TimeSpan.Zero, _options.BackoffInitial);
    }

    [Fact]
    public void PL001_LinkThatFlaps_KeepsBackingOff()
    {
        var supervisor = Create(random: static () => 0.999);
        for (var i = 0; i < 6; i++)
        {
            supervisor.TryBeginDial(Time);
            supervisor.Identified(i, new LinkIdentity(High, LinkRole.Dialer, 7 + i, false), Time);
            supervisor.LinkEnded(i, Ended(MeshErrorCode.MalformedFrame), Time);
            _now = supervisor.NextDialAt!.Value;
        }

        supervisor.TryBeginDial(Time);
        supervisor.DialFailed(Time, MeshErrorCode.PeerUnreachable, null, byPeer: false);

        Assert.True(supervisor.NextDialAt - _now > TimeSpan.FromSeconds(25), $"Waits {supervisor.NextDialAt - _now} only.");
    }

    [Fact]
    public void PL001_GoodbyeHint_IsHonoured()
    {
        var supervisor = Create();
        supervisor.Identified(1, Inbound(number: 50), Time);

        supervisor.LinkEnded(1, new CloseLink(MeshErrorCode.NodeNotReady, "", TimeSpan.FromSeconds(40), ByPeer: true), Time);

        Assert.InRange(supervisor.NextDialAt!.Value - _now, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(41));
    }

    [Fact]
    public void ReferencePeer_ThatDialsUs_IsNotDialled()
    {
        var supervisor = Create();
        var reference = new LinkIdentity(High with { Incarnation = default }, LinkRole.Listener, 0, true);
        supervisor.TryBeginDial(Time);
        Assert.True(supervisor.Identified(1, reference, Time).Admit);

        Assert.False(supervisor.Identified(2, reference with { Role = LinkRole.Dialer, LinkNumber = 100 }, Time).Admit);
        Assert.Equal(1, supervisor.Identified(3, reference, Time).Replaced);
        supervisor.LinkEnded(3, Ended(MeshErrorCode.LinkClosed), Time);

        Assert.True(supervisor.NextDialAt - _now >= _options.BackoffMax);
    }

    private static CloseLink Ended(MeshErrorCode code) => new(code, "ended", null, ByPeer: false);

    private static LinkIdentity Inbound(long number) => new(High, LinkRole.Listener, number, false);

    private PeerSupervisor Create(Func<double>? random = null) =>
        new(Low, High.Node, true, _options, random ?? (static () => 0), _health.Add);

    private void FailOnce(PeerSupervisor supervisor)
    {
        Assert.NotNull(supervisor.TryBeginDial(Time));
        supervisor.DialFailed(Time, MeshErrorCode.PeerUnreachable, null, byPeer: false);
        _now = supervisor.NextDialAt!.Value;
    }
}
