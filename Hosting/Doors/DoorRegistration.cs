using EventMesh.Core.Events;
using EventMesh.Hosting.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace EventMesh.Hosting.Doors;

/// <summary>Adds the client doors to a host.</summary>
internal static class DoorRegistration
{
    /// <summary>Largest message of a client: a whole batch, or the cursors of a subscription to many topics, and what surrounds them.</summary>
    private const int MaxMessageBytes = 4 * EventLimits.MaxBatchBytes;

    /// <summary>Adds the doors' services; repeating it does no harm.</summary>
    public static IServiceCollection AddClientDoors(this IServiceCollection services)
    {
        services.AddGrpc().AddServiceOptions<MeshDoor>(options =>
        {
            options.MaxReceiveMessageSize = MaxMessageBytes;
            options.MaxSendMessageSize = MaxMessageBytes;
        });
        services.AddMetrics();
        services.TryAddSingleton<DoorInstruments>();
        services.TryAddSingleton<NodeStatus>();
        services.TryAddSingleton<SubscribeHandler>();
        services.TryAddSingleton<MeshDoor>();
        if (services.All(static service => service.ServiceType != typeof(ClientDoors)))
        {
            services.AddSingleton<ClientDoors>();
            services.AddSingleton<IMeshNodePart>(static provider => provider.GetRequiredService<ClientDoors>());
        }

        return services;
    }

    /// <summary>Maps the gRPC door and the health endpoints; conventions that are added apply to both.</summary>
    public static IEnumerable<IEndpointConventionBuilder> MapClientDoors(this IEndpointRouteBuilder endpoints) =>
        [endpoints.MapGrpcService<MeshDoor>(), HealthEndpoints.Map(endpoints)];
}
