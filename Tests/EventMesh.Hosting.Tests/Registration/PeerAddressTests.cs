using EventMesh.Hosting;

namespace EventMesh.Hosting.Tests.Registration;

public sealed class PeerAddressTests
{
    [Fact]
    public void From_ReadsEveryEntry_OneOrSeveralAtATime()
    {
        var options = new EventMeshOptions();
        options.ConnectPeer.Add("east=10.0.0.1:9090, south=[::1]:9091");
        options.ConnectPeer.Add("north=host:1");

        var peers = PeerAddress.From(options);

        Assert.Equal(["east 10.0.0.1:9090", "south [::1]:9091", "north host:1"], peers.Select(peer => $"{peer.Peer} {peer.Address}"));
    }

    [Fact]
    public void From_WhenConfigurationHoldsANull_PassesItOver()
    {
        var options = new EventMeshOptions();
        options.ConnectPeer.Add(null!);
        options.ConnectPeer.Add("east=10.0.0.1:9090");

        var peers = PeerAddress.From(options);

        Assert.Equal("east", Assert.Single(peers).Peer.Value);
    }
}
