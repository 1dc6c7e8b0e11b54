// Emits the code that copies the members of a type.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;
using System.Reflection.Emit;

namespace EventMesh.StandIns.Copying;

internal delegate void CopyStructMembers<T>(ref T from, ref T to, CopyContext context)
    where T : struct;

internal delegate void CopyClassMembers<T>(T from, T to, CopyContext context)
    where T : class;

/// <summary>The emitted method reads and writes fields directly, whatever their visibility.</summary>
internal sealed class MemberCopying(Type type, CopyMode mode)
{
    private static readonly MethodInfo CopyValue = typeof(CopyContext).GetMethod(nameof(CopyContext.Copy))!;

    private readonly List<SerializableMember> _members =
        KnownTypes.HasPlainFields(type) ? SerializableMembers.AllFieldsOf(type) : SerializableMembers.Of(type);

    public bool AllShared(CopierTable table) => _members.TrueForAll(member => table.Get(member.Type).IsShared);

    public CopyClassMembers<T> EmitForClass<T>()
        where T : class =>
        Emit(typeof(T)).CreateDelegate<CopyClassMembers<T>>();

    public CopyStructMembers<T> EmitForStruct<T>()
        where T : struct =>
        Emit(typeof(T).MakeByRefType()).CreateDelegate<CopyStructMembers<T>>();

    private DynamicMethod Emit(Type argument)
    {
        DynamicMethod method = new(
            $"Copy{mode}({type.Name})", typeof(void), [argument, argument, typeof(CopyContext)], type.Module, skipVisibility: true);
        ILGenerator il = method.GetILGenerator();
        foreach (SerializableMember member in _members)
        {
            EmitMember(il, member);
        }

        il.Emit(OpCodes.Ret);
        return method;
    }

    private void EmitMember(ILGenerator il, SerializableMember member)
    {
        bool shared = KnownTypes.IsAlwaysShared(member.Type) || (mode == CopyMode.Local && member.IsImmutable);
        il.Emit(OpCodes.Ldarg_1);
        if (!shared)
        {
            il.Emit(OpCodes.Ldarg_2);
        }

        il.Emit(OpCodes.Ldarg_0);
        if (member.Field is { } field)
        {
            il.Emit(OpCodes.Ldfld, field);
        }
        else
        {
            il.Emit(type.IsValueType ? OpCodes.Call : OpCodes.Callvirt, member.Property!.GetMethod!);
        }

        if (!shared)
        {
            il.Emit(OpCodes.Call, CopyValue.MakeGenericMethod(member.Type));
        }

        if (member.Field is { } target)
        {
            il.Emit(OpCodes.Stfld, target);
        }
        else
        {
            il.Emit(type.IsValueType ? OpCodes.Call : OpCodes.Callvirt, member.Property!.SetMethod!);
        }
    }
}
