using System.Net;
using System.Net.Sockets;
using EventMesh.Core.Identity;
using EventMesh.Hosting.Node;
using EventMesh.Storage.Memory;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>A whole node of one silo, as a user hosts it, with real ports.</summary>
internal sealed class MeshHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private MeshHost(WebApplication app) => _app = app;

    public IMeshNode Node => _app.Services.GetRequiredService<IMeshNode>();

    public IPeerStatusSource Peers => _app.Services.GetRequiredService<IPeerStatusSource>();

    public IServiceProvider Services => _app.Services;

    /// <summary>Where peers dial.</summary>
    public string PeerAddress => _app.Services.GetRequiredService<MeshAddresses>().Peer!.ToString();

    public static Task<MeshHost> StartAsync(string nodeId, params string[] peers) => StartAsync(nodeId, NewStore(nodeId), "127.0.0.1:0", peers);

    public static MemoryLogStore NewStore(string nodeId) => new(NodeId.Parse(nodeId), new MemoryStorageOptions(), TimeProvider.System);

    /// <summary>Starts a node over a store that may have seen an earlier life of it.</summary>
    public static async Task<MeshHost> StartAsync(string nodeId, MemoryLogStore store, string peerListen, params string[] peers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton<IEventLogProvider>(new SharedMemoryEventLogProvider(store));
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["EventMesh:NodeId"] = nodeId,
            ["EventMesh:PeerListen"] = peerListen,
            ["EventMesh:HttpPort"] = "0",
            ["EventMesh:ConnectPeer:0"] = string.Join(',', peers),
            ["EventMesh:Links:BackoffInitial"] = "00:00:00.020",
            ["EventMesh:Links:BackoffMax"] = "00:00:00.200",
            ["EventMesh:Links:HeartbeatInterval"] = "00:00:02",
        });
        builder.Host.UseOrleans(silo => silo.UseLocalhostClustering(FreePort(), 0, null, nodeId, nodeId).AddEventMesh());
        var app = builder.Build();
        app.MapEventMesh();
        await app.StartAsync();
        return new MeshHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>Genuine Orleans listens on this port; the next host takes another.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
