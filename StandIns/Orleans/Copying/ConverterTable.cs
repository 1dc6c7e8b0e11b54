// The converters of all application parts.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Runtime;

using Orleans;

namespace EventMesh.StandIns.Copying;

internal static class ConverterTable
{
    /// <summary>The converter of a type; null where none is registered.</summary>
    public static Registration? Find(Type type) => ApplicationParts.Find().Converters.GetValueOrDefault(type);

    public static IConverter<TValue, TSurrogate> Create<TValue, TSurrogate>()
        where TSurrogate : struct
    {
        Type converter = Find(typeof(TValue))!.Converter;
        return (IConverter<TValue, TSurrogate>)Activator.CreateInstance(converter, nonPublic: true)!;
    }

    internal sealed record Registration(Type Converter, Type Surrogate);
}
