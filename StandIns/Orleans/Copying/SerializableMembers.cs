// Which members of a type a grain call carries.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

using Orleans;
using Orleans.Serialization;

namespace EventMesh.StandIns.Copying;

/// <summary>
/// A member is carried when it has an [Id], or when it is the property of a record's positional parameter. Each class from the type up to
/// object needs [GenerateSerializer].
/// </summary>
internal static class SerializableMembers
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static bool IsSerializable(Type type) => type.IsDefined(typeof(GenerateSerializerAttribute), inherit: false);

    public static List<SerializableMember> Of(Type type)
    {
        List<SerializableMember> members = [];
        for (Type? level = type; !IsRoot(level); level = level.BaseType)
        {
            if (!IsSerializable(level))
            {
                throw new CodecNotFoundException($"Could not find a codec for type {level}, which {type} derives from.");
            }

            members.AddRange(OfLevel(level));
        }

        return members;
    }

    /// <summary>All fields, for tuples and their like.</summary>
    public static List<SerializableMember> AllFieldsOf(Type type) =>
        [.. type.GetFields(Declared).Select(field => new SerializableMember(field, null, IsImmutable: false))];

    private static bool IsRoot([System.Diagnostics.CodeAnalysis.NotNullWhen(false)] Type? level) =>
        level is null || level == typeof(object) || level == typeof(ValueType)
        || (typeof(Exception).IsAssignableFrom(level) && !IsSerializable(level) && ExceptionCopying.HasCodec(level));

    private static List<SerializableMember> OfLevel(Type level)
    {
        Dictionary<string, ParameterInfo> positional = PositionalParametersOf(level);
        List<SerializableMember> members = [];
        Dictionary<uint, string> names = [];
        FieldInfo[] fields = level.GetFields(Declared);
        foreach (FieldInfo field in fields.Where(field => IdOf(field) is not null))
        {
            Add(IdOf(field)!.Value, field.Name, new SerializableMember(field, null, IsImmutable(field)));
        }

        foreach (PropertyInfo property in level.GetProperties(Declared))
        {
            ParameterInfo? parameter = positional.GetValueOrDefault(property.Name);
            uint? id = IdOf(property) ?? (parameter is null ? null : IdOf(parameter) ?? (uint)parameter.Position);
            FieldInfo? field = Array.Find(fields, candidate => candidate.Name == $"<{property.Name}>k__BackingField");
            if (id is null || (field is not null && IdOf(field) is not null))
            {
                continue;
            }

            Add(id.Value, property.Name, Create(level, property, field));
        }

        return members.Count > 0 || fields.Length == 0
            ? members
            : throw new SerializerException($"{level} has [GenerateSerializer], but none of its members has an [Id].");

        void Add(uint id, string name, SerializableMember member)
        {
            if (!names.TryAdd(id, name))
            {
                throw new SerializerException($"{level} uses [Id({id})] for {names[id]} and for {name}.");
            }

            members.Add(member);
        }
    }

    private static SerializableMember Create(Type level, PropertyInfo property, FieldInfo? field)
    {
        if (field is not null)
        {
            return new SerializableMember(field, null, IsImmutable(property) || IsImmutable(field));
        }

        return property.GetMethod is not null && property.SetMethod is not null
            ? new SerializableMember(null, property, IsImmutable(property))
            : throw new SerializerException($"{level}.{property.Name} has an [Id] and needs a getter and a setter.");
    }

    private static uint? IdOf(MemberInfo member) => member.GetCustomAttribute<IdAttribute>()?.Id;

    private static uint? IdOf(ParameterInfo parameter) => parameter.GetCustomAttribute<IdAttribute>()?.Id;

    private static bool IsImmutable(MemberInfo member) => member.IsDefined(typeof(ImmutableAttribute), inherit: false);

    private static Dictionary<string, ParameterInfo> PositionalParametersOf(Type level)
    {
        bool? asked = level.GetCustomAttribute<GenerateSerializerAttribute>(inherit: false)?.PrimaryConstructorParameters;
        if (!(asked ?? IsRecord(level)))
        {
            return [];
        }

        ConstructorInfo? primary = level.GetConstructors(Declared)
            .Where(constructor => !constructor.IsDefined(typeof(CompilerGeneratedAttribute)))
            .MinBy(constructor => constructor.MetadataToken);
        return primary?.GetParameters().ToDictionary(parameter => parameter.Name!) ?? [];
    }

    private static bool IsRecord(Type level) => level.IsValueType
        ? level.GetMethod("PrintMembers", Declared, [typeof(StringBuilder)])?.IsDefined(typeof(CompilerGeneratedAttribute)) ?? false
        : level.GetMethod("<Clone>$", Declared) is not null;
}

/// <summary>A field, or a property that is more than a field.</summary>
internal sealed record SerializableMember(FieldInfo? Field, PropertyInfo? Property, bool IsImmutable)
{
    public Type Type => Field?.FieldType ?? Property!.PropertyType;
}
