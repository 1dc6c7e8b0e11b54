// Finds the copier of a type.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Concurrent;

using Orleans;
using Orleans.Runtime;
using Orleans.Serialization;

namespace EventMesh.StandIns.Copying;

/// <summary>One table per mode. Safe to use from any thread. Bounded by the types of the program.</summary>
internal sealed class CopierTable
{
    private readonly ConcurrentDictionary<Type, Copier> _copiers = new();
    private readonly CopyMode _mode;

    private CopierTable(CopyMode mode) => _mode = mode;

    public static CopierTable Local { get; } = new(CopyMode.Local);

    public static CopierTable Wire { get; } = new(CopyMode.Wire);

    public static CopierTable Of(CopyMode mode) => mode == CopyMode.Local ? Local : Wire;

    public Copier Get(Type type) => _copiers.TryGetValue(type, out Copier? copier) ? copier : _copiers.GetOrAdd(type, Create(type));

    private static CodecNotFoundException NotFound(Type type) => new(
        $"Could not find a codec for type {type}. Mark it [GenerateSerializer] and its members [Id], or register a converter for it.");

    private static Copier Make(Type openCopier, params Type[] arguments) =>
        (Copier)Activator.CreateInstance(openCopier.MakeGenericType(arguments), nonPublic: true)!;

    private Copier Create(Type type)
    {
        if (type.IsGenericTypeDefinition || type.IsPointer || type.IsByRef || type.IsByRefLike)
        {
            throw new NotSupportedException($"{type} cannot cross a grain call.");
        }

        if (KnownTypes.IsAlwaysShared(type) || (_mode == CopyMode.Local && IsDeclaredImmutable(type)))
        {
            return Make(typeof(SharingCopier<>), type);
        }

        if (typeof(IAddressable).IsAssignableFrom(type))
        {
            return Make(typeof(AddressableCopier<>), type);
        }

        if (ConverterTable.Find(type) is { } converter)
        {
            return Make(typeof(ConverterCopier<,>), type, converter.Surrogate);
        }

        if (typeof(Exception).IsAssignableFrom(type))
        {
            return CreateForException(type);
        }

        if (KnownTypes.FindCollectionCopier(type) is { } collection)
        {
            return CreateForCollection(collection);
        }

        return KnownTypes.HasPlainFields(type) || SerializableMembers.IsSerializable(type) ? CreateForMembers(type) : CreateForUnknown(type);
    }

    private static bool IsDeclaredImmutable(Type type) =>
        (type.IsSealed || type.IsValueType) && type.IsDefined(typeof(ImmutableAttribute), inherit: false);

    private static Copier CreateForException(Type type)
    {
        if (type.IsAbstract || type == typeof(Exception) || ExceptionCopying.HasCodec(type))
        {
            return Make(typeof(ExceptionCopier<>), type);
        }

        throw NotFound(type);
    }

    /// <summary>What is immutable but for its elements is shared when they are.</summary>
    private Copier CreateForCollection(KnownTypes.Collection collection)
    {
        bool shared = collection.IsImmutable
            && collection.Arguments.All(argument => Get(argument).IsShared);
        return shared ? Make(typeof(SharingCopier<>), collection.Type) : Make(collection.OpenCopier, collection.Arguments);
    }

    private Copier CreateForMembers(Type type)
    {
        MemberCopying copying = new(type, _mode);
        if (type.IsValueType)
        {
            return KnownTypes.HasPlainFields(type) && copying.AllShared(this)
                ? Make(typeof(SharingCopier<>), type)
                : (Copier)Activator.CreateInstance(typeof(StructCopier<>).MakeGenericType(type), copying)!;
        }

        Type open = type.IsSealed ? typeof(ClassCopier<>) : typeof(OpenClassCopier<>);
        return (Copier)Activator.CreateInstance(open.MakeGenericType(type), copying)!;
    }

    private static Copier CreateForUnknown(Type type) =>
        type == typeof(object) || type.IsInterface || type.IsAbstract ? Make(typeof(RuntimeTypeCopier<>), type) : throw NotFound(type);
}
