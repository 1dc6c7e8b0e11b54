using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.PeerLink.Tests.Sessions;

public sealed class HandshakeTests
{
    [Fact]
    public void PL001_Open_AsDialer_SendsHandshakeFirst()
    {
        var driver = new SessionDriver(LinkRole.Dialer);

        driver.Step(new StreamOpened());

        var frame = Assert.IsType<HandshakeFrame>(Assert.Single(driver.TakeFrames()));
        Assert.Equal(SessionDriver.Self.Node, frame.Node);
        Assert.Equal(77, frame.LinkNumber);
        Assert.Equal(driver.Options.CreditBytes, frame.CreditBytes);
    }

    [Fact]
    public void PL001_Open_AsListener_SaysNothingUntilThePeerIsAdmitted()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());
        Assert.Empty(driver.TakeFrames());

        driver.Receive(SessionDriver.PeerHandshake);
        Assert.Empty(driver.TakeFrames());
        Assert.False(driver.Session.WantsFrames);
        Assert.Equal(new LinkIdentity(SessionDriver.Peer, LinkRole.Listener, 55, false), driver.Take<PeerIdentified>().Identity);

        driver.Step(new PeerAdmitted(driver.Memory));
        var frames = driver.TakeFrames();
        Assert.IsType<HandshakeFrame>(frames[0]);
        Assert.Equal(0, ((HandshakeFrame)frames[0]).LinkNumber);
        Assert.Contains(frames, static frame => frame is InterestSnapshotFrame { Patterns.Count: 0 });
        Assert.Equal(LinkHealth.Healthy, driver.Take<HealthChanged>().To);
    }

    [Fact]
    public void PL001_Handshake_WhenItDoesNotCome_ClosesAtTheDeadline()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());
        Assert.Equal(driver.Now + driver.Options.HandshakeTimeout, driver.Session.NextDeadline);

        driver.Pass(driver.Options.HandshakeTimeout);

        driver.Closed(MeshErrorCode.HandshakeExpected);
    }

    [Fact]
    public void PL001_Handshake_WhenAdmissionDoesNotCome_ClosesAtTheDeadline()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());
        driver.Receive(SessionDriver.PeerHandshake);

        driver.Pass(driver.Options.HandshakeTimeout);

        Assert.Equal(MeshErrorCode.HandshakeExpected, driver.TakeFrame<GoodbyeFrame>().Code);
        driver.Closed(MeshErrorCode.HandshakeExpected);
    }

    [Fact]
    public void PL005_FirstFrame_WhenItIsNoHandshake_IsRefused()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());

        driver.Receive(new HeartbeatFrame(1, 0, 0));

        driver.Closed(MeshErrorCode.HandshakeExpected);
    }

    [Fact]
    public void PL005_SecondHandshake_ClosesWithItsOwnError()
    {
        var driver = SessionDriver.Established();

        driver.Receive(SessionDriver.PeerHandshake);

        Assert.Equal(MeshErrorCode.UnexpectedHandshake, driver.TakeFrame<GoodbyeFrame>().Code);
        driver.Closed(MeshErrorCode.UnexpectedHandshake);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(99u)]
    [InlineData(200u)]
    [InlineData(999u)]
    public void PL005_Handshake_WhenTheMajorVersionDiffers_IsRefusedWithTheReason(uint version)
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());

        driver.Receive(SessionDriver.PeerHandshake with { ProtocolVersion = version });

        var goodbye = driver.TakeFrame<GoodbyeFrame>();
        Assert.Equal(MeshErrorCode.VersionMismatch, goodbye.Code);
        Assert.Contains(version.ToString(System.Globalization.CultureInfo.InvariantCulture), goodbye.Message, StringComparison.Ordinal);
        driver.Closed(MeshErrorCode.VersionMismatch);
    }

    [Fact]
    public void PL005_Handshake_WhenMinorVersionAndFeaturesAreNewer_IsTaken()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());

        driver.Receive(SessionDriver.PeerHandshake with { ProtocolVersion = 142, Features = ["teleport-9", .. LinkFeatures.All] });

        Assert.False(driver.Take<PeerIdentified>().Identity.IsReference);
    }

    [Fact]
    public void PL005_Handshake_WithoutFeatures_IsAReferencePeer()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());

        driver.Receive(SessionDriver.ReferenceHandshake);

        Assert.True(driver.Take<PeerIdentified>().Identity.IsReference);
    }

    [Fact]
    public void PL001_Handshake_WithOurOwnId_IsRefused()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());

        driver.Receive(SessionDriver.PeerHandshake with { Node = SessionDriver.Self.Node });

        Assert.Equal(MeshErrorCode.SelfLink, driver.TakeFrame<GoodbyeFrame>().Code);
        driver.Closed(MeshErrorCode.SelfLink);
    }

    [Fact]
    public void PL001_Handshake_OfAnotherNodeThanWasDialled_IsRefused()
    {
        var driver = new SessionDriver(LinkRole.Dialer, expectedPeer: NodeId.Parse("north"));
        driver.Step(new StreamOpened());
        driver.TakeFrames();

        driver.Receive(SessionDriver.PeerHandshake);

        driver.Closed(MeshErrorCode.PeerNotAllowed);
    }

    [Theory]
    [InlineData(0, 1024)]
    [InlineData(5, 0)]
    [InlineData(5, -1)]
    public void PL005_Handshake_WithoutIncarnationOrCredit_IsMalformed(long incarnation, long credit)
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());

        driver.Receive(SessionDriver.PeerHandshake with { Incarnation = new Incarnation(incarnation), CreditBytes = credit });

        driver.Closed(MeshErrorCode.MalformedFrame);
    }

    [Fact]
    public void PL001_Dialer_WhenRefusedInsteadOfAnswered_KeepsTheReasonAndTheHint()
    {
        var driver = new SessionDriver(LinkRole.Dialer);
        driver.Step(new StreamOpened());
        driver.TakeFrames();

        driver.Receive(new GoodbyeFrame(MeshErrorCode.DuplicateNodeId, "in use", TimeSpan.FromSeconds(30)));

        var close = driver.Closed(MeshErrorCode.DuplicateNodeId);
        Assert.True(close.ByPeer);
        Assert.Equal(TimeSpan.FromSeconds(30), close.RetryAfter);
    }

    [Fact]
    public void PL001_Refusal_ByTheOwner_IsToldToThePeer()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());
        driver.Receive(SessionDriver.PeerHandshake);

        driver.Step(new CloseRequested(MeshErrorCode.LinkClosed, "Another link stays.", null, Drain: false));

        var goodbye = Assert.IsType<GoodbyeFrame>(Assert.Single(driver.TakeFrames()));
        Assert.Equal(MeshErrorCode.LinkClosed, goodbye.Code);
        driver.Closed(MeshErrorCode.LinkClosed);
    }

    [Fact]
    public void Frame_BeforeAdmission_IsTheOwnersMistake()
    {
        var driver = new SessionDriver();
        driver.Step(new StreamOpened());
        driver.Receive(SessionDriver.PeerHandshake);

        Assert.Throws<InvalidOperationException>(() => driver.Receive(new HeartbeatFrame(1, 0, 0)));
    }
}
