using System.Net;
using System.Security.Cryptography.X509Certificates;
using EventMesh.StandIns.Grpc.Tests.Protocol;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>A real server on a loopback port of its own, and channels to it.</summary>
public sealed class ParrotServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<GrpcChannel> _channels = [];

    private readonly ServerErrors _errors;

    private ParrotServer(WebApplication app, ParrotState state, ServerErrors errors)
    {
        _app = app;
        _errors = errors;
        State = state;
        Address = new Uri(app.Urls.Single());
    }

    public Uri Address { get; }

    public ParrotState State { get; }

    /// <summary>What the web server itself complained of.</summary>
    public IReadOnlyCollection<string> Errors => _errors.Seen;

    public static async Task<ParrotServer> StartAsync(
        Action<GrpcServiceOptions>? configure = null,
        X509Certificate2? certificate = null,
        HttpProtocols protocols = HttpProtocols.Http2,
        Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var errors = new ServerErrors();
        builder.Logging.ClearProviders().AddProvider(errors);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint =>
        {
            endpoint.Protocols = protocols;
            if (certificate is not null)
            {
                endpoint.UseHttps(certificate, https =>
                {
                    https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                    https.ClientCertificateValidation = (_, _, _) => true;
                });
            }
        }));
        var state = new ParrotState();
        builder.Services.AddSingleton(state);
        builder.Services.AddGrpc(options => configure?.Invoke(options));
        services?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapGrpcService<ParrotService>();
        await app.StartAsync();
        return new ParrotServer(app, state, errors);
    }

    public GrpcChannel OpenChannel(GrpcChannelOptions? options = null)
    {
        var channel = GrpcChannel.ForAddress(Address, options ?? new GrpcChannelOptions());
        _channels.Add(channel);
        return channel;
    }

    public Parrot.ParrotClient OpenClient(GrpcChannelOptions? options = null) => new(OpenChannel(options));

    /// <summary>Stops without waiting for calls: what a client sees of a process that ends.</summary>
    public Task StopAtOnceAsync() => _app.StopAsync(new CancellationToken(canceled: true));

    public async ValueTask DisposeAsync()
    {
        foreach (var channel in _channels)
        {
            channel.Dispose();
        }

        State.Released.TrySetResult();
        State.Cancelled.TrySetResult();
        await StopAtOnceAsync();
        await _app.DisposeAsync();
    }
}
