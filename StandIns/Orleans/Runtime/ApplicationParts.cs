// The assemblies in which grain classes, grain interfaces and converters are found.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;
using System.Reflection;

using EventMesh.StandIns.Copying;

using Orleans;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>
/// Assemblies that carry <see cref="ApplicationPartAttribute"/>: those loaded, the entry assembly, and whatever they refer to.
/// </summary>
internal sealed class ApplicationParts
{
    private static readonly ConcurrentDictionary<Assembly, Part> Parts = new();
    private static ApplicationParts? _last;

    private readonly int _loadedAssemblies;

    private ApplicationParts(HashSet<Assembly> seen, int loadedAssemblies)
    {
        _loadedAssemblies = loadedAssemblies;
        Part[] parts = [.. seen.Select(assembly => Parts.GetOrAdd(assembly, Read))];
        GrainClasses = [.. parts.SelectMany(part => part.GrainClasses)];
        GrainInterfaces = [.. parts.SelectMany(part => part.GrainInterfaces)];
        Dictionary<Type, ConverterTable.Registration> converters = [];
        foreach ((Type value, ConverterTable.Registration registration) in parts.SelectMany(part => part.Converters))
        {
            converters[value] = registration;
        }

        Converters = converters;
    }

    public IReadOnlyCollection<Type> GrainClasses { get; }

    public IReadOnlyCollection<Type> GrainInterfaces { get; }

    public IReadOnlyDictionary<Type, ConverterTable.Registration> Converters { get; }

    /// <summary>What the assemblies that are loaded now hold.</summary>
    public static ApplicationParts Find()
    {
        Assembly[] loaded = AppDomain.CurrentDomain.GetAssemblies();
        if (Volatile.Read(ref _last) is { } last && last._loadedAssemblies == loaded.Length)
        {
            return last;
        }

        ApplicationParts found = new(Walk(loaded), loaded.Length);
        Volatile.Write(ref _last, found);
        return found;
    }

    public static bool IsGrainClass(Type type) =>
        type is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false }
        && typeof(IGrainBase).IsAssignableFrom(type) && typeof(IGrain).IsAssignableFrom(type);

    private static HashSet<Assembly> Walk(Assembly[] loaded)
    {
        HashSet<Assembly> seen = [];
        Stack<Assembly> open = new(loaded.Where(IsPart));
        while (open.TryPop(out Assembly? assembly))
        {
            if (!seen.Add(assembly))
            {
                continue;
            }

            foreach (AssemblyName name in assembly.GetReferencedAssemblies().Where(name => !IsFramework(name)))
            {
                if (TryLoad(name) is { } referenced && IsPart(referenced))
                {
                    open.Push(referenced);
                }
            }
        }

        return seen;
    }

    private static Assembly? TryLoad(AssemblyName name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (FileNotFoundException)
        {
            // A reference that is not deployed, as of a package that is only needed to build, holds no grains.
            return null;
        }
    }

    private static bool IsPart(Assembly assembly) => !assembly.IsDynamic && assembly.IsDefined(typeof(ApplicationPartAttribute));

    private static bool IsFramework(AssemblyName name) =>
        name.Name!.StartsWith("System.", StringComparison.Ordinal) || name.Name.StartsWith("Microsoft.", StringComparison.Ordinal)
        || name.Name is "netstandard" or "mscorlib";

    private static Part Read(Assembly assembly)
    {
        Type[] types = assembly.GetTypes();
        return new Part(
            [.. types.Where(IsGrainClass)],
            [.. types.Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type))],
            [.. types.Where(type => type.IsDefined(typeof(RegisterConverterAttribute))).SelectMany(ReadConverter)]);
    }

    private static IEnumerable<KeyValuePair<Type, ConverterTable.Registration>> ReadConverter(Type converter) =>
        converter.GetInterfaces()
            .Where(contract => contract.IsConstructedGenericType && contract.GetGenericTypeDefinition() == typeof(IConverter<,>))
            .Select(contract => contract.GetGenericArguments())
            .Select(types => KeyValuePair.Create(types[0], new ConverterTable.Registration(converter, types[1])));

    private sealed record Part(
        Type[] GrainClasses, Type[] GrainInterfaces, KeyValuePair<Type, ConverterTable.Registration>[] Converters);
}
