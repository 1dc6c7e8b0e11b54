using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Peers;

namespace EventMesh.Hosting.Tests.Grains;

public sealed class PeerBoardTests
{
    private readonly HashSet<string> _gone = [];
    private readonly PeerBoard _board;

    public PeerBoardTests() => _board = new PeerBoard(_gone.Contains);

    [Fact]
    public void Claim_WhenAnotherLiveSiloOwnsThePeer_IsRefused()
    {
        Assert.True(_board.Claim("a"));
        Assert.True(_board.Claim("a"));
        Assert.False(_board.Claim("b"));
    }

    [Fact]
    public void Claim_WhenTheOwnerIsGone_IsGranted()
    {
        _board.Claim("a");
        _gone.Add("a");

        Assert.True(_board.Claim("b"));
        Assert.Equal("b", _board.Owner);
    }

    [Fact]
    public void Take_OfAnInboundLinkThatIsUp_TakesTheOwnershipOver()
    {
        _board.Claim("a");

        _board.Take(Report("b", PeerHealth.Healthy, link: 1));

        Assert.Equal("b", _board.Owner);
        Assert.False(_board.Claim("a"));
    }

    [Fact]
    public void Take_OfAnOlderLink_ChangesNothing()
    {
        _board.Take(Report("b", PeerHealth.Healthy, link: 5));

        _board.Take(Report("a", PeerHealth.Healthy, link: 4));
        _board.Take(Report("a", PeerHealth.Disconnected, link: 4));

        Assert.Equal("b", _board.Owner);
        Assert.Equal(PeerHealth.Healthy, _board.Report!.Health);
    }

    [Fact]
    public void Override_IsHandedOutOnce_ToTheSiloThatRunsTheLink()
    {
        _board.Take(Report("a", PeerHealth.Healthy, link: 1));
        _board.Override(PeerHealth.Unhealthy);

        Assert.Null(_board.Take(Report("b", PeerHealth.Disconnected, link: 0)));
        Assert.Equal(PeerHealth.Unhealthy, _board.Take(Report("a", PeerHealth.Healthy, link: 1)));
        Assert.Null(_board.Take(Report("a", PeerHealth.Healthy, link: 1)));
    }

    [Fact]
    public void Override_EndsWithTheNextTransition()
    {
        _board.Take(Report("a", PeerHealth.Healthy, link: 1));
        _board.Override(PeerHealth.Unhealthy);

        Assert.Null(_board.Take(Report("a", PeerHealth.Disconnected, link: 1)));
        Assert.Null(_board.Take(Report("a", PeerHealth.Disconnected, link: 1)));
    }

    private static PeerReport Report(string silo, PeerHealth health, long link) => new()
    {
        Peer = "east",
        Silo = silo,
        Address = "",
        Health = health,
        Incarnation = 1,
        LinkNumber = link,
        IsDialer = true,
        IsInterestSynced = true,
        RemoteInterest = [],
        QueuedFrames = 0,
        QueuedBytes = 0,
        EventsSent = 0,
        EventsReceived = 0,
        EventsAcked = 0,
        DuplicatesDropped = 0,
        Gaps = 0,
        Resumes = 0,
        BytesSent = 0,
        BytesReceived = 0,
        Reconnects = 0,
        LagEvents = 0,
        RoundTripMicros = -1,
        ReportedUnixMs = 0,
        LastError = "",
    };
}
