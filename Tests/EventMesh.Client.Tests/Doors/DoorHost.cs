using System.Net;
using EventMesh.Core.Identity;
using EventMesh.Hosting.Doors;
using EventMesh.Hosting.Node;
using EventMesh.Storage.Memory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventMesh.Client.Tests.Doors;

/// <summary>The client doors on a free port of the loopback, over a <see cref="FakeNode"/>.</summary>
internal sealed class DoorHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private DoorHost(WebApplication app, FakeNode node, MemoryLogStore store)
    {
        _app = app;
        Node = node;
        Store = store;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Url = addresses.First();
        HttpUrl = addresses.Last();
    }

    public FakeNode Node { get; }

    public MemoryLogStore Store { get; }

    /// <summary>Where gRPC is served.</summary>
    public string Url { get; }

    /// <summary>Where HTTP/1.1 is served: on a port of its own, since which protocol a port speaks is the host's affair and not the doors'.</summary>
    public string HttpUrl { get; }

    public int Port => new Uri(Url).Port;

    public static MemoryLogStore NewStore() => new(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System);

    public static async Task<DoorHost> StartAsync(MemoryLogStore? store = null, int port = 0)
    {
        store ??= NewStore();
        var node = new FakeNode(store);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IMeshNode>(node).AddSingleton<INodeHealth>(node).AddSingleton<IPeerStatusSource>(node);
        builder.Services.AddClientDoors();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port, static listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.MapClientDoors();
        await app.StartAsync();
        await app.Services.GetRequiredService<ClientDoors>().StartAsync(CancellationToken.None);
        return new DoorHost(app, node, store);
    }

    /// <summary>Tells the calls inside to end, as a stopping node does.</summary>
    public Task CloseDoorsAsync() => _app.Services.GetRequiredService<ClientDoors>().StopAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await CloseDoorsAsync();
        await _app.StopAsync();
        await _app.DisposeAsync();
        await Node.DisposeAsync();
    }
}
