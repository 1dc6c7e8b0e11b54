using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Transport;
using EventMesh.PeerLink.Transport.InProcess;

namespace EventMesh.PeerLink.Tests.Transport;

public sealed class InProcessTransportTests : LinkTransportContract
{
    private readonly InProcessNetwork _network = new();
    private IDisposable? _listening;

    private protected override ILinkTransport Transport => _network;

    private protected override string Address => "west:1";

    private protected override string DeadAddress => "nowhere:1";

    public override Task InitializeAsync()
    {
        _listening = _network.Listen(Address, Acceptor);
        return Task.CompletedTask;
    }

    public override Task DisposeAsync()
    {
        _listening!.Dispose();
        foreach (var link in _network.Links)
        {
            link.Dispose();
        }

        return Task.CompletedTask;
    }

    [Fact]
    public async Task Silence_HoldsFramesBackUntilTheLinkSpeaksAgain()
    {
        var (dialer, listener) = await OpenAsync();
        var link = Assert.Single(_network.Links);
        link.Silence();
        await dialer.WriteAsync(new InterestAppliedFrame(1), CancellationToken.None);
        var reading = listener.Connection.ReadAsync(CancellationToken.None).AsTask();
        Assert.False(reading.IsCompleted);

        link.Speak();

        Assert.Equal(new InterestAppliedFrame(1), await Soon.Expect(reading, "the frame that was held back"));
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Cut_WhileSilent_LosesWhatWasHeldBack()
    {
        var (dialer, listener) = await OpenAsync();
        var link = Assert.Single(_network.Links);
        link.Silence();
        await dialer.WriteAsync(new InterestAppliedFrame(1), CancellationToken.None);
        var reading = listener.Connection.ReadAsync(CancellationToken.None).AsTask();

        link.Cut();

        Assert.Equal(MeshErrorCode.LinkClosed, (await FailureOf(reading)).Code);
        Assert.True(link.IsBroken);
        await EndAsync(dialer, listener);
    }

    [Fact]
    public async Task Accept_WhenTheAcceptorFails_TellsTheDialer()
    {
        var (dialer, listener) = await OpenAsync();

        listener.Running.SetException(new EventMeshException(MeshErrorCode.VersionMismatch, "no"));

        Assert.Equal(MeshErrorCode.VersionMismatch, (await FailureOf(dialer.ReadAsync(CancellationToken.None).AsTask())).Code);
    }

    [Fact]
    public async Task Listen_WhenStopped_RefusesDialsAndKeepsOpenStreams()
    {
        var (dialer, listener) = await OpenAsync();
        _listening!.Dispose();

        var refused = await Assert.ThrowsAsync<EventMeshException>(async () => await _network.DialAsync(Address, CancellationToken.None));

        Assert.Equal(MeshErrorCode.PeerUnreachable, refused.Code);
        await dialer.WriteAsync(new InterestAppliedFrame(3), CancellationToken.None);
        Assert.Equal(new InterestAppliedFrame(3), await ReadAsync(listener.Connection));
        await EndAsync(dialer, listener);
    }
}
