using System.Net;
using System.Net.Sockets;
using EventMesh.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;

namespace EventMesh.Client.Tests.Contract;

/// <summary>The contract over the gRPC door of a whole node.</summary>
public sealed class GrpcNodeClientTests : MeshClientContract
{
    private WebApplication? _app;

    protected override async Task<IMeshClient> CreateClientAsync(MeshClientOptions options)
    {
        _app ??= await StartAsync();
        return MeshClient.ForGrpc($"http://{_app.Services.GetRequiredService<MeshAddresses>().Client}", options);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }
    }

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Host.UseOrleans(static silo => silo.UseLocalhostClustering(FreePort(), 0).AddEventMesh(static options =>
        {
            options.NodeId = "west";
            options.PeerListen = "";
            options.HttpPort = 0;
            options.Storage.Kind = StorageKind.Memory;
        }));
        var app = builder.Build();
        app.MapEventMesh();
        await app.StartAsync();
        return app;
    }

    /// <summary>Genuine Orleans listens on this port; the next host takes another.</summary>
    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
