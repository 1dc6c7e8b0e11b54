using EventMesh.PeerLink.Transport;
using EventMesh.PeerLink.Transport.InProcess;

namespace EventMesh.PeerLink.Tests.Transport;

public sealed class InProcessLinkTransportTests : LinkTransportContract
{
    private readonly InProcessNetwork _network = new();
    private IDisposable? _listening;

    private protected override ILinkTransport Transport => _network;

    private protected override string Address => "east";

    private protected override string DeadAddress => "nobody";

    public override Task InitializeAsync()
    {
        _listening = _network.Listen(Address, Acceptor);
        return Task.CompletedTask;
    }

    public override Task DisposeAsync()
    {
        _listening?.Dispose();
        return Task.CompletedTask;
    }
}
