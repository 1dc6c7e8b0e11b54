// Copiers of classes and structs, member by member.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Runtime.CompilerServices;

using Orleans;

namespace EventMesh.StandIns.Copying;

internal sealed class StructCopier<T>(MemberCopying members) : Copier<T>
    where T : struct
{
    private readonly CopyStructMembers<T> _copyMembers = members.EmitForStruct<T>();

    public override T Copy(T value, CopyContext context)
    {
        T copy = default;
        _copyMembers(ref value, ref copy, context);
        return copy;
    }
}

/// <summary>For sealed classes.</summary>
internal class ClassCopier<T>(MemberCopying members) : Copier<T>
    where T : class
{
    private readonly CopyClassMembers<T> _copyMembers = members.EmitForClass<T>();

    public override T Copy(T value, CopyContext context)
    {
        if (value is null)
        {
            return null!;
        }

        if (context.TryGetCopy(value, out T known))
        {
            return known;
        }

        T copy = Instances.Create<T>();
        context.Record(value, copy);
        CopyMembers(value, copy, context);
        return copy;
    }

    public void CopyMembers(T from, T to, CopyContext context) => _copyMembers(from, to, context);
}

/// <summary>For classes that others may derive from: what counts is the type of the value.</summary>
internal sealed class OpenClassCopier<T>(MemberCopying members) : ClassCopier<T>(members)
    where T : class
{
    private readonly bool _isImmutable = typeof(T).IsDefined(typeof(ImmutableAttribute), inherit: false);

    public override T Copy(T value, CopyContext context)
    {
        if (value is null)
        {
            return null!;
        }

        if (value.GetType() != typeof(T))
        {
            return (T)CopierTable.Of(context.Mode).Get(value.GetType()).CopyObject(value, context);
        }

        return _isImmutable && context.Mode == CopyMode.Local ? value : base.Copy(value, context);
    }
}

/// <summary>For interfaces, abstract classes and object.</summary>
internal sealed class RuntimeTypeCopier<T> : Copier<T>
    where T : class
{
    public override T Copy(T value, CopyContext context)
    {
        if (value is null || value.GetType() == typeof(object))
        {
            return value!;
        }

        return (T)CopierTable.Of(context.Mode).Get(value.GetType()).CopyObject(value, context);
    }
}

internal static class Instances
{
    /// <summary>By the public constructor without parameters where there is one, else without running any.</summary>
    public static T Create<T>()
        where T : class =>
        typeof(T).GetConstructor(Type.EmptyTypes) is null
            ? (T)RuntimeHelpers.GetUninitializedObject(typeof(T))
            : Activator.CreateInstance<T>();
}
