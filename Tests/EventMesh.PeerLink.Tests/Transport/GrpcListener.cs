using EventMesh.PeerLink.Grpc;
using EventMesh.PeerLink.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventMesh.PeerLink.Tests.Transport;

/// <summary>A real Kestrel on a free loopback port that serves the link protocol.</summary>
internal sealed class GrpcListener : IAsyncDisposable
{
    public const int MaxMessageBytes = 3 * 1024 * 1024;

    private readonly WebApplication _app;

    private GrpcListener(WebApplication app) => _app = app;

    public string Address { get; private set; } = "";

    public static async Task<GrpcListener> StartAsync(ILinkAcceptor acceptor)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton(acceptor);
        builder.Services.AddGrpc(static options => options.MaxReceiveMessageSize = MaxMessageBytes);
        var app = builder.Build();
        app.MapGrpcService<PeerLinkService>();
        await app.StartAsync();
        var url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new GrpcListener(app) { Address = new Uri(url).Authority };
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
