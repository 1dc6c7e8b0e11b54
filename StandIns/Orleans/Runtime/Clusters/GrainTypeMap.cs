// Which grain class an interface means.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;
using System.Collections.Immutable;

using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>Made anew when a silo joins or leaves.</summary>
internal sealed class GrainTypeMap(ImmutableArray<Silo> silos)
{
    private readonly ILookup<Type, GrainClass> _byInterface = silos
        .SelectMany(silo => silo.Classes.Values)
        .DistinctBy(grainClass => grainClass.GrainType)
        .SelectMany(grainClass => grainClass.Interfaces.Select(contract => (contract, grainClass)))
        .ToLookup(pair => pair.contract, pair => pair.grainClass);

    private readonly ConcurrentDictionary<(Type Interface, string? Prefix), GrainType> _found = new();

    /// <exception cref="ArgumentException">No class, or more than one, is meant.</exception>
    public GrainType Find(Type interfaceType, string? prefix) =>
        _found.GetOrAdd((interfaceType, prefix), static (key, map) => map.Search(key.Interface, key.Prefix), this);

    private GrainType Search(Type interfaceType, string? prefix)
    {
        GrainClass[] classes = [.. _byInterface[interfaceType]];
        if (classes.Length == 0)
        {
            throw new ArgumentException($"Could not find an implementation for interface {interfaceType}: no silo hosts a grain class that has it.");
        }

        GrainClass[] meant = string.IsNullOrWhiteSpace(prefix) ? FindPrimary(interfaceType, classes) : FindByPrefix(prefix, classes);
        return meant.Length switch
        {
            1 => meant[0].GrainType,
            0 => throw new ArgumentException($"Could not find an implementation matching prefix \"{prefix}\" for interface {interfaceType}."),
            _ => throw new ArgumentException(
                $"Unable to identify a single appropriate grain type for interface {interfaceType}. Candidates: "
                + string.Join(", ", meant.Select(grainClass => $"{grainClass.GrainType} ({grainClass.Type})"))),
        };
    }

    /// <summary>The class named like the interface without its I goes before others.</summary>
    private static GrainClass[] FindPrimary(Type interfaceType, GrainClass[] classes)
    {
        GrainClass? primary = Array.Find(classes, grainClass => grainClass.Type.Name == interfaceType.Name[1..]);
        return primary is null ? classes : [primary];
    }

    private static GrainClass[] FindByPrefix(string prefix, GrainClass[] classes)
    {
        GrainClass? exact = Array.Find(classes, grainClass => grainClass.Type.FullName == prefix);
        return exact is null
            ? Array.FindAll(classes, grainClass => grainClass.Type.FullName!.StartsWith(prefix, StringComparison.Ordinal))
            : [exact];
    }
}
