// Keeps a host from being configured as silo and client at once.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Microsoft.Extensions.DependencyInjection;

using Orleans.Hosting;
using Orleans.Runtime;

namespace EventMesh.StandIns.Hosting;

internal static class BuilderMarks
{
    public static TBuilder GetOrAdd<TBuilder>(IServiceCollection services, Func<TBuilder> create)
        where TBuilder : class
    {
        ArgumentNullException.ThrowIfNull(services);
        BuilderMark? mark = services
            .Where(descriptor => descriptor.ServiceType == typeof(BuilderMark))
            .Select(descriptor => (BuilderMark?)descriptor.ImplementationInstance)
            .FirstOrDefault();
        if (mark is not null)
        {
            return mark.Builder as TBuilder ?? throw BothSiloAndClient();
        }

        TBuilder builder = create();
        services.AddSingleton(new BuilderMark(builder));
        return builder;
    }

    public static OrleansConfigurationException BothSiloAndClient() =>
        new("A host is either a silo or a client: call UseOrleans or UseOrleansClient, not both. A silo is a client as well.");
}
