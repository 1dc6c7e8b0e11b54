// A grain class that a silo hosts.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;

using Microsoft.Extensions.DependencyInjection;

using Orleans;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

internal sealed class GrainClass
{
    private const string Suffix = "grain";
    private readonly ObjectFactory _factory;

    public GrainClass(Type type, GrainCollectionOptions collection, IServiceProvider services)
    {
        Type = type;
        GrainType = TypeOf(type, services);
        IsReentrant = type.IsDefined(typeof(ReentrantAttribute));
        PrefersLocal = type.GetCustomAttribute<PlacementAttribute>()?.PlacementStrategy is PreferLocalPlacement;
        CollectionAge = AgeOf(type, collection);
        Interfaces = [.. type.GetInterfaces().Where(contract => typeof(IGrain).IsAssignableFrom(contract))];
        _factory = ActivatorUtilities.CreateFactory(type, []);
    }

    public Type Type { get; }

    public GrainType GrainType { get; }

    public bool IsReentrant { get; }

    public bool PrefersLocal { get; }

    /// <summary>Infinite: never collected for being idle.</summary>
    public TimeSpan CollectionAge { get; }

    public Type[] Interfaces { get; }

    public object Create(IServiceProvider services) => _factory(services, null);

    private static GrainType TypeOf(Type type, IServiceProvider services)
    {
        if (type.GetCustomAttributes().OfType<IGrainTypeProviderAttribute>().FirstOrDefault() is { } named)
        {
            return named.GetGrainType(services, type);
        }

        string name = type.Name.ToLowerInvariant();
        return GrainType.Create(
            name.Length > Suffix.Length && name.EndsWith(Suffix, StringComparison.Ordinal) ? name[..^Suffix.Length] : name);
    }

    private static TimeSpan AgeOf(Type type, GrainCollectionOptions collection)
    {
        if (type.IsDefined(typeof(KeepAliveAttribute)))
        {
            return Timeout.InfiniteTimeSpan;
        }

        if (type.GetCustomAttribute<CollectionAgeLimitAttribute>() is { } limit)
        {
            return limit.AlwaysActive ? Timeout.InfiniteTimeSpan : limit.AgeLimit;
        }

        return collection.ClassSpecificCollectionAge.TryGetValue(type.FullName!, out TimeSpan age) ? age : collection.CollectionAge;
    }
}
