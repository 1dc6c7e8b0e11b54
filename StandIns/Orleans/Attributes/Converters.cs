// Surrogates: how a type that cannot carry the attributes itself crosses a grain call.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans;

/// <summary>Turns a foreign type into a value that has a serializer, and back.</summary>
public interface IConverter<TValue, TSurrogate>
    where TSurrogate : struct
{
    TValue ConvertFromSurrogate(in TSurrogate surrogate);

    TSurrogate ConvertToSurrogate(in TValue value);
}

/// <summary>Marks an <see cref="IConverter{TValue, TSurrogate}"/>; it is found in assemblies that are application parts.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class RegisterConverterAttribute : Attribute;
