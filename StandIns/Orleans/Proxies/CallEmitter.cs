// Emits the call class of a method.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;
using System.Reflection.Emit;

using EventMesh.StandIns.Calls;
using EventMesh.StandIns.Copying;

using Orleans;

namespace EventMesh.StandIns.Proxies;

/// <summary>The class has a public field per argument, and knows how to copy them and how to run the method with them.</summary>
internal sealed class CallEmitter(GrainMethod method)
{
    private const MethodAttributes Override = MethodAttributes.HideBySig | MethodAttributes.Virtual | MethodAttributes.ReuseSlot;

    private static readonly MethodInfo Copy = typeof(CopyContext).GetMethod(nameof(CopyContext.Copy))!;
    private static readonly MethodInfo CopyImmutable = typeof(CopyContext).GetMethod(nameof(CopyContext.CopyImmutable))!;

    private readonly TypeBuilder _type = DynamicModule.DefineType($"Call_{method.Interface.Name}_{method.Method.Name}", method.CallType);

    public EmittedCall Emit()
    {
        FieldBuilder traits = _type.DefineField("Traits", typeof(MethodTraits), FieldAttributes.Public | FieldAttributes.Static);
        FieldBuilder[] arguments = [.. method.Parameters.Select(
            (parameter, i) => _type.DefineField($"Argument{i}", parameter.ParameterType, FieldAttributes.Public))];
        _type.DefineDefaultConstructor(MethodAttributes.Public);
        EmitTraits(traits);
        EmitCopyArguments(arguments);
        EmitInvoke(arguments);
        if (method.Token is { } token)
        {
            EmitToken(arguments[token.Position]);
        }

        Type type = _type.CreateType();
        type.GetField("Traits")!.SetValue(null, new MethodTraits(method.Interface, method.Method));
        return new EmittedCall(
            type.GetConstructors()[0],
            [.. arguments.Select(argument => type.GetField(argument.Name)!)],
            method.CallType.GetProperty(nameof(TaskCall.Answer))!.GetMethod!);
    }

    private ILGenerator Define(string name, MethodAttributes access, Type result, params Type[] parameters) =>
        _type.DefineMethod(name, access | Override, result, parameters).GetILGenerator();

    private void EmitTraits(FieldBuilder traits)
    {
        ILGenerator il = Define($"get_{nameof(GrainCall.Method)}", MethodAttributes.Public, typeof(MethodTraits));
        il.Emit(OpCodes.Ldsfld, traits);
        il.Emit(OpCodes.Ret);
    }

    private void EmitCopyArguments(FieldBuilder[] arguments)
    {
        ILGenerator il = Define(nameof(GrainCall.CopyArguments), MethodAttributes.Public, typeof(void), typeof(CopyContext));
        for (int i = 0; i < arguments.Length; i++)
        {
            Type type = method.Parameters[i].ParameterType;
            if (KnownTypes.IsAlwaysShared(type))
            {
                continue;
            }

            bool immutable = method.Parameters[i].IsDefined(typeof(ImmutableAttribute), inherit: false);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, arguments[i]);
            il.Emit(OpCodes.Call, (immutable ? CopyImmutable : Copy).MakeGenericMethod(type));
            il.Emit(OpCodes.Stfld, arguments[i]);
        }

        il.Emit(OpCodes.Ret);
    }

    private void EmitInvoke(FieldBuilder[] arguments)
    {
        ILGenerator il = Define("Invoke", MethodAttributes.Family, method.TaskType, typeof(object));
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Castclass, method.Interface);
        foreach (FieldBuilder argument in arguments)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Ldfld, argument);
        }

        il.Emit(OpCodes.Callvirt, method.Method);
        if (method.IsVoid)
        {
            il.Emit(OpCodes.Call, typeof(Task).GetProperty(nameof(Task.CompletedTask))!.GetMethod!);
        }
        else if (method.IsValueTask)
        {
            LocalBuilder task = il.DeclareLocal(method.Method.ReturnType);
            il.Emit(OpCodes.Stloc, task);
            il.Emit(OpCodes.Ldloca, task);
            il.Emit(OpCodes.Call, method.Method.ReturnType.GetMethod(nameof(ValueTask.AsTask))!);
        }

        il.Emit(OpCodes.Ret);
    }

    private void EmitToken(FieldBuilder token)
    {
        ILGenerator has = Define($"get_{nameof(GrainCall.HasToken)}", MethodAttributes.Public, typeof(bool));
        has.Emit(OpCodes.Ldc_I4_1);
        has.Emit(OpCodes.Ret);
        ILGenerator get = Define($"get_{nameof(GrainCall.Token)}", MethodAttributes.Public, typeof(CancellationToken));
        get.Emit(OpCodes.Ldarg_0);
        get.Emit(OpCodes.Ldfld, token);
        get.Emit(OpCodes.Ret);
        ILGenerator set = Define($"set_{nameof(GrainCall.Token)}", MethodAttributes.Public, typeof(void), typeof(CancellationToken));
        set.Emit(OpCodes.Ldarg_0);
        set.Emit(OpCodes.Ldarg_1);
        set.Emit(OpCodes.Stfld, token);
        set.Emit(OpCodes.Ret);
    }
}

/// <summary>What a proxy needs of a call class: how to make one, where its arguments go, what the caller awaits.</summary>
internal sealed record EmittedCall(ConstructorInfo Constructor, FieldInfo[] Arguments, MethodInfo Answer);
