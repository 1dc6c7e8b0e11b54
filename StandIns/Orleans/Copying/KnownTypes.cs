// The types of the framework that cross grain calls.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Numerics;

using Orleans;

namespace EventMesh.StandIns.Copying;

internal static class KnownTypes
{
    private static readonly FrozenSet<Type> Shared = new[]
    {
        typeof(decimal), typeof(string), typeof(DateTime), typeof(DateOnly), typeof(TimeOnly), typeof(DateTimeOffset), typeof(TimeSpan),
        typeof(Guid), typeof(Half), typeof(Int128), typeof(UInt128), typeof(BigInteger), typeof(CancellationToken), typeof(IPAddress),
        typeof(IPEndPoint), typeof(Version), typeof(Uri), typeof(CultureInfo), typeof(CompareInfo),
    }.ToFrozenSet();

    private static readonly FrozenDictionary<Type, Type> Mutable = new Dictionary<Type, Type>
    {
        [typeof(List<>)] = typeof(ListCopier<>),
        [typeof(Dictionary<,>)] = typeof(DictionaryCopier<,>),
        [typeof(HashSet<>)] = typeof(HashSetCopier<>),
        [typeof(Queue<>)] = typeof(QueueCopier<>),
        [typeof(Stack<>)] = typeof(StackCopier<>),
        [typeof(SortedDictionary<,>)] = typeof(SortedDictionaryCopier<,>),
        [typeof(SortedSet<>)] = typeof(SortedSetCopier<>),
        [typeof(ConcurrentDictionary<,>)] = typeof(ConcurrentDictionaryCopier<,>),
        [typeof(Memory<>)] = typeof(MemoryCopier<>),
        [typeof(ReadOnlyMemory<>)] = typeof(ReadOnlyMemoryCopier<>),
        [typeof(ArraySegment<>)] = typeof(ArraySegmentCopier<>),
    }.ToFrozenDictionary();

    /// <summary>Shared when what they hold is shared.</summary>
    private static readonly FrozenDictionary<Type, Type> Immutable = new Dictionary<Type, Type>
    {
        [typeof(Nullable<>)] = typeof(NullableCopier<>),
        [typeof(ImmutableArray<>)] = typeof(ImmutableArrayCopier<>),
        [typeof(ImmutableList<>)] = typeof(ImmutableListCopier<>),
        [typeof(ImmutableHashSet<>)] = typeof(ImmutableHashSetCopier<>),
        [typeof(ImmutableDictionary<,>)] = typeof(ImmutableDictionaryCopier<,>),
    }.ToFrozenDictionary();

    private static readonly FrozenSet<Type> PlainFields = new[]
    {
        typeof(KeyValuePair<,>), typeof(ValueTuple<>), typeof(ValueTuple<,>), typeof(ValueTuple<,,>),
        typeof(ValueTuple<,,,>), typeof(ValueTuple<,,,,>), typeof(ValueTuple<,,,,,>), typeof(ValueTuple<,,,,,,>), typeof(Tuple<>),
        typeof(Tuple<,>), typeof(Tuple<,,>), typeof(Tuple<,,,>), typeof(Tuple<,,,,>), typeof(Tuple<,,,,,>), typeof(Tuple<,,,,,,>),
    }.ToFrozenSet();

    /// <summary>Primitives, and the immutable types of the runtime itself.</summary>
    public static bool IsAlwaysShared(Type type) =>
        type.IsPrimitive || type.IsEnum || Shared.Contains(type) || type.IsSubclassOf(typeof(IPAddress))
        || typeof(Type).IsAssignableFrom(type)
        || (type.Assembly == typeof(KnownTypes).Assembly && type.IsDefined(typeof(ImmutableAttribute), inherit: false) && !type.IsGenericType);

    /// <summary>Tuples and their like: all their fields are carried.</summary>
    public static bool HasPlainFields(Type type) => type.IsConstructedGenericType && PlainFields.Contains(type.GetGenericTypeDefinition());

    public static Collection? FindCollectionCopier(Type type)
    {
        if (type.IsSZArray)
        {
            return new Collection(type, typeof(ArrayCopier<>), [type.GetElementType()!], IsImmutable: false);
        }

        if (!type.IsConstructedGenericType)
        {
            return null;
        }

        Type open = type.GetGenericTypeDefinition();
        if (Mutable.TryGetValue(open, out Type? copier))
        {
            return new Collection(type, copier, type.GetGenericArguments(), IsImmutable: false);
        }

        return Immutable.TryGetValue(open, out copier)
            ? new Collection(type, copier, type.GetGenericArguments(), IsImmutable: true)
            : null;
    }

    internal sealed record Collection(Type Type, Type OpenCopier, Type[] Arguments, bool IsImmutable);
}
