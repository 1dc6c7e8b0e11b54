// The grain classes that a silo hosts.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Runtime;

using Microsoft.Extensions.Options;

namespace Orleans.Configuration;

/// <summary>Begins with the classes and interfaces of all application parts; others are added by hand.</summary>
public class GrainTypeOptions
{
    public HashSet<Type> Classes { get; } = [];

    public HashSet<Type> Interfaces { get; } = [];
}

internal sealed class DefaultGrainTypes : IConfigureOptions<GrainTypeOptions>
{
    public void Configure(GrainTypeOptions options)
    {
        ApplicationParts parts = ApplicationParts.Find();
        options.Classes.UnionWith(parts.GrainClasses);
        options.Interfaces.UnionWith(parts.GrainInterfaces);
    }
}
