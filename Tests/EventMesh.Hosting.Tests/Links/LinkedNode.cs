using EventMesh.Core.Identity;
using EventMesh.Hosting.Links;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Grpc;
using EventMesh.PeerLink.Transport;
using EventMesh.Storage.Memory;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>A node whose links are real: Kestrel on a free port, gRPC, its own gateway; only Orleans is left out.</summary>
internal sealed class LinkedNode : IAsyncDisposable
{
    private readonly MemoryLogStore _store;
    private readonly WebApplication _app;

    private LinkedNode(MemoryLogStore store, WebApplication app, FakeLinkHost host, AcceptorSlot slot)
    {
        _store = store;
        _app = app;
        Host = host;
        Slot = slot;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Authority;
    }

    public static LinkOptions Quick => new()
    {
        BackoffInitial = TimeSpan.FromMilliseconds(20),
        BackoffMax = TimeSpan.FromMilliseconds(200),
        SweepInterval = TimeSpan.FromMilliseconds(500),
        HeartbeatInterval = TimeSpan.FromSeconds(2),
    };

    public FakeLinkHost Host { get; }

    public FakeOwnership Ownership { get; } = new();

    public FakePeerBook Book { get; } = new();

    public string Address { get; }

    public NodeId Id => Host.Identity.Node;

    public LinkGateway Gateway => Slot.Gateway ?? throw new InvalidOperationException("Not started.");

    private AcceptorSlot Slot { get; }

    /// <summary>Creates the node and its listener; its gateway starts with <see cref="StartAsync"/>.</summary>
    public static async Task<LinkedNode> CreateAsync(string id, MemoryLogStore? store = null)
    {
        store ??= new MemoryLogStore(NodeId.Parse(id), new MemoryStorageOptions(), TimeProvider.System);
        var slot = new AcceptorSlot();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<ILinkAcceptor>(slot);
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<PeerLinkService>();
        await app.StartAsync();
        return new LinkedNode(store, app, new FakeLinkHost(store.OpenLog()), slot);
    }

    public async Task StartAsync(params string[] peers) => await StartAsync(Quick, peers);

    public async Task StartAsync(LinkOptions options, params string[] peers)
    {
        var operations = new LinkOperations(new OwnEventReader(Host), new ReplicaReceiver(Host), NullLogger.Instance);
        var services = new LinkServices(Host, operations, options, TimeProvider.System, TimeProvider.System.GetTimestamp(), NullLogger.Instance);
        var addresses = peers.Select(static text => PeerAddress.TryParse(text, out var address) ? address : throw new FormatException(text)).ToArray();
        Slot.Gateway = new LinkGateway(services, new GrpcLinkTransport(new GrpcLinkOptions()), Ownership, Book, addresses);
        await Slot.Gateway.StartAsync(CancellationToken.None);
    }

    /// <summary>Stops the node in order and opens its store in a new life, behind a new listener.</summary>
    public async Task<LinkedNode> RestartAsync()
    {
        await DisposeAsync();
        return await CreateAsync(Id.Value, _store);
    }

    public async ValueTask DisposeAsync()
    {
        if (Slot.Gateway is { } gateway)
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await gateway.StopAsync(timeout.Token);
            gateway.Dispose();
        }

        await _app.DisposeAsync();
        await Host.DisposeAsync();
    }

    /// <summary>The gateway is created after the server that needs it.</summary>
    private sealed class AcceptorSlot : ILinkAcceptor
    {
        public LinkGateway? Gateway { get; set; }

        public Task AcceptAsync(ILinkConnection connection, CancellationToken cancellationToken) => Gateway!.AcceptAsync(connection, cancellationToken);
    }
}
