using System.Net;
using EventMesh.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;

namespace EventMesh.UserHost.Tests;

/// <summary>A host as a user writes it.</summary>
internal static class UserHost
{
    /// <summary>Keeps events in memory unless <paramref name="configure"/> or <paramref name="mesh"/> says otherwise.</summary>
    public static WebApplication Build(
        Action<WebApplicationBuilder> configure, string node = "west", Action<ISiloBuilder>? services = null, Action<EventMeshOptions>? mesh = null)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["EventMesh:NodeId"] = node,
            ["EventMesh:PeerListen"] = "127.0.0.1:0",
            ["EventMesh:HttpPort"] = "0",
            ["EventMesh:Storage:Kind"] = "memory",
        });
        configure(builder);
        var cluster = $"user-{Guid.NewGuid():N}";
        builder.Host.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(FreePort(), 0, null, cluster, cluster);
            services?.Invoke(silo);
            silo.AddEventMesh().AddEventMesh(mesh);
        });
        var app = builder.Build();
        app.MapEventMesh();
        return app;
    }

    /// <summary>Genuine Orleans listens on this port; the next host takes another.</summary>
    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
