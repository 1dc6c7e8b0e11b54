using EventMesh.Grains.Silo;
using EventMesh.Hosting.Node;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Grpc;
using EventMesh.PeerLink.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using LinkOptions = EventMesh.PeerLink.Configuration.LinkOptions;

namespace EventMesh.Hosting.Links;

/// <summary>Puts the links into a host: services, and the endpoint that peers dial.</summary>
internal static class LinkRegistration
{
    private const int MinWindowBytes = 8 * 1024 * 1024;

    /// <summary>Adds the link gateway as a part of the node. Call it once.</summary>
    public static IServiceCollection AddLinks(this IServiceCollection services)
    {
        services.AddOptions<LinkOptions>().BindConfiguration(LinkOptions.SectionName).ValidateOnStart();
        services.AddSingleton<IValidateOptions<LinkOptions>, LinkOptionsValidator>();
        services.AddSingleton(CreateServices);
        services.AddSingleton<IPeerOwnership>(static provider => new GrainPeerOwnership(
            provider.GetRequiredService<IGrainFactory>(), provider.GetRequiredService<ILocalSiloDetails>()));
        services.AddSingleton<IPeerBook, LogPeerBook>();
        services.TryAddSingleton<ILinkTransport>(static provider => CreateTransport(provider.GetRequiredService<IOptions<LinkOptions>>().Value));
        services.AddSingleton(static provider => new LinkGateway(
            provider.GetRequiredService<LinkServices>(),
            provider.GetRequiredService<ILinkTransport>(),
            provider.GetRequiredService<IPeerOwnership>(),
            provider.GetRequiredService<IPeerBook>(),
            PeerAddress.From(provider.GetRequiredService<IOptions<EventMeshOptions>>().Value)));
        services.AddMetrics();
        services.AddSingleton<LinkInstruments>();
        services.AddSingleton<IMeshNodePart>(static provider => provider.GetRequiredService<LinkGateway>());
        services.AddSingleton<ILinkAcceptor>(static provider => provider.GetRequiredService<LinkGateway>());
        services.AddSingleton<IPeerStatusSource>(static provider => provider.GetRequiredService<LinkGateway>());
        services.AddGrpc().AddServiceOptions<PeerLinkService>(static options => options.MaxSendMessageSize = null);
        services.AddSingleton<IConfigureOptions<Grpc.AspNetCore.Server.GrpcServiceOptions<PeerLinkService>>>(static provider =>
            new ConfigureOptions<Grpc.AspNetCore.Server.GrpcServiceOptions<PeerLinkService>>(
                options => options.MaxReceiveMessageSize = provider.GetRequiredService<IOptions<LinkOptions>>().Value.MaxMessageBytes));
        return services;
    }

    /// <summary>Maps the endpoint that peers dial.</summary>
    public static GrpcServiceEndpointConventionBuilder MapLinks(this IEndpointRouteBuilder endpoints)
    {
        // Measurements are read from outside; nothing else would ever create them.
        endpoints.ServiceProvider.GetRequiredService<LinkInstruments>();
        return endpoints.MapGrpcService<PeerLinkService>();
    }

    private static LinkServices CreateServices(IServiceProvider provider)
    {
        var host = provider.GetRequiredService<ILinkHost>();
        var time = provider.GetRequiredKeyedService<TimeProvider>(MeshTime.Key);
        var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("EventMesh.Links");
        return new LinkServices(
            host,
            new LinkOperations(new OwnEventReader(host), new ReplicaReceiver(host), logger),
            provider.GetRequiredService<IOptions<LinkOptions>>().Value,
            time,
            time.GetTimestamp(),
            logger);
    }

    private static GrpcLinkTransport CreateTransport(LinkOptions options) => new(new GrpcLinkOptions
    {
        MaxMessageBytes = options.MaxMessageBytes,
        ReceiveWindowBytes = Math.Max(MinWindowBytes, 2 * options.CreditBytes),
        ConnectTimeout = options.DialTimeout,
    });
}
