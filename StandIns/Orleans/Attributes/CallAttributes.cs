// The attributes by which a grain class or method says how its calls are run.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Globalization;

using Orleans.Metadata;
using Orleans.Runtime;

namespace Orleans.Concurrency
{
    /// <summary>Calls of this method start at once, whatever the activation is waiting for.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class AlwaysInterleaveAttribute : Attribute;

    /// <summary>Calls of read-only methods interleave with each other.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class ReadOnlyAttribute : Attribute;

    /// <summary>The caller waits for nothing and hears of no error.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class OneWayAttribute : Attribute;

    /// <summary>All calls of the grain class interleave.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class ReentrantAttribute : Attribute;

    /// <summary>Says that the caller will not change <see cref="Value"/> again, so that it is passed on as it is.</summary>
    [GenerateSerializer, Immutable]
    public readonly struct Immutable<T>(T value)
    {
        [Id(0)]
        public readonly T Value = value;
    }

    public static class ImmutableExtensions
    {
        public static Immutable<T> AsImmutable<T>(this T value) => new(value);
    }
}

namespace Orleans
{
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class ResponseTimeoutAttribute(string timeout) : Attribute
    {
        public TimeSpan? Timeout { get; init; } = TimeSpan.Parse(timeout, CultureInfo.InvariantCulture);
    }

    /// <summary>The name of a grain class in grain ids; without it the class name without the suffix "Grain", in lower case.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = false)]
    public sealed class GrainTypeAttribute(string grainType) : Attribute, IGrainTypeProviderAttribute
    {
        private readonly GrainType _grainType = GrainType.Create(grainType);

        public GrainType GetGrainType(IServiceProvider services, Type type) => _grainType;
    }
}

namespace Orleans.Metadata
{
    public interface IGrainTypeProviderAttribute
    {
        GrainType GetGrainType(IServiceProvider services, Type type);
    }
}
