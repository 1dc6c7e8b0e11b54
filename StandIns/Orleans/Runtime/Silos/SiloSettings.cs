// The options of a silo.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

using Orleans.Configuration;

namespace EventMesh.StandIns.Runtime;

internal sealed record SiloSettings(
    string Name,
    ClusterOptions Ids,
    EndpointOptions Endpoint,
    GrainTypeOptions Types,
    SiloMessagingOptions Messaging,
    GrainCollectionOptions Collection,
    FaultOptions? Faults)
{
    public static SiloSettings From(IServiceProvider services) => new(
        Get<SiloOptions>(services).SiloName,
        Get<ClusterOptions>(services),
        Get<EndpointOptions>(services),
        Get<GrainTypeOptions>(services),
        Get<SiloMessagingOptions>(services),
        Get<GrainCollectionOptions>(services),
        services.GetService<FaultOptions>());

    private static T Get<T>(IServiceProvider services)
        where T : class =>
        services.GetRequiredService<IOptions<T>>().Value;
}
