using EventMesh.Client.Tests.Doors;

namespace EventMesh.Client.Tests.Contract;

/// <summary>The contract over the gRPC door alone, without grains behind it.</summary>
public sealed class GrpcDoorClientTests : MeshClientContract
{
    private DoorHost? _host;

    protected override async Task<IMeshClient> CreateClientAsync(MeshClientOptions options)
    {
        _host ??= await DoorHost.StartAsync();
        return MeshClient.ForGrpc(_host.Url, options);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }
}
