using EventMesh.Benchmarks.Support;
using EventMesh.Client;
using EventMesh.Hosting;
using EventMesh.Hosting.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;

namespace EventMesh.Benchmarks.Mesh;

/// <summary>A node of one silo in this process, as a user hosts it, on ports that were free.</summary>
internal sealed class BenchNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string? _path;
    private readonly List<IMeshClient> _clients = [];

    private BenchNode(WebApplication app, string? path) => (_app, _path) = (app, path);

    /// <summary>The node from inside its silo: no door in between.</summary>
    public IMeshNode Node => _app.Services.GetRequiredService<IMeshNode>();

    private MeshAddresses Addresses => _app.Services.GetRequiredService<MeshAddresses>();

    /// <param name="storage">Where it keeps its events.</param>
    /// <param name="id">Its node id.</param>
    /// <param name="dials">A node to keep a link with.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<BenchNode> StartAsync(NodeStorage storage, string id, BenchNode? dials, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var (keys, path) = storage.Next();
        builder.Configuration.AddInMemoryCollection(keys).AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["EventMesh:NodeId"] = id,
            ["EventMesh:PeerListen"] = "127.0.0.1:0",
            ["EventMesh:HttpPort"] = "0",
            ["EventMesh:ConnectPeer:0"] = dials is null ? "" : $"{dials.Node.Identity.Node}={dials.Addresses.Peer}",
        });
        var cluster = $"{id}-{Guid.NewGuid():N}";
        builder.Host.UseOrleans(silo => silo.UseLocalhostClustering(Ports.Free(), 0, null, cluster, cluster).AddEventMesh());
        var app = builder.Build();
        app.MapEventMesh();
        await app.StartAsync(cancellationToken);
        return new BenchNode(app, path);
    }

    /// <summary>A client of the gRPC door with a connection of its own; disposed with the node.</summary>
    public IMeshClient OpenClient(MeshClientOptions? options = null)
    {
        var client = MeshClient.ForGrpc($"http://{Addresses.Client}", options);
        _clients.Add(client);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await _app.StopAsync();
        await _app.DisposeAsync();
        if (_path is not null)
        {
            Directory.Delete(_path, recursive: true);
        }
    }
}
