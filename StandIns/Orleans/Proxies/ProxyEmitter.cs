// Emits the proxy class of an interface.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;
using System.Reflection.Emit;

using EventMesh.StandIns.Calls;

using Orleans.Runtime;

namespace EventMesh.StandIns.Proxies;

/// <summary>Each method of the proxy makes a call with its arguments, sends it and returns what the caller awaits.</summary>
internal sealed class ProxyEmitter(Type interfaceType)
{
    private const BindingFlags Internal = BindingFlags.Instance | BindingFlags.NonPublic;

    private static readonly MethodInfo Send = typeof(GrainReference).GetMethod(nameof(GrainReference.Send), Internal)!;

    public Type Emit()
    {
        List<GrainMethod> methods = GrainMethod.Of(interfaceType);
        OpenInternals(methods);
        TypeBuilder proxy = DynamicModule.DefineType($"Proxy_{interfaceType.Name}", typeof(GrainReference));
        proxy.AddInterfaceImplementation(interfaceType);
        EmitConstructor(proxy);
        EmitInterfaceName(proxy);
        foreach (GrainMethod method in methods)
        {
            EmitMethod(proxy, method, new CallEmitter(method).Emit());
        }

        return proxy.CreateType();
    }

    private void OpenInternals(List<GrainMethod> methods)
    {
        DynamicModule.OpenInternalsOf(typeof(GrainReference));
        DynamicModule.OpenInternalsOf(interfaceType);
        foreach (GrainMethod method in methods)
        {
            DynamicModule.OpenInternalsOf(method.Interface);
            DynamicModule.OpenInternalsOf(method.Method.ReturnType);
            foreach (ParameterInfo parameter in method.Parameters)
            {
                DynamicModule.OpenInternalsOf(parameter.ParameterType);
            }
        }
    }

    private static void EmitConstructor(TypeBuilder proxy)
    {
        Type[] parameters = [typeof(ICallSender), typeof(GrainId)];
        ILGenerator il = proxy.DefineConstructor(MethodAttributes.Public, CallingConventions.HasThis, parameters).GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Ldarg_2);
        il.Emit(OpCodes.Call, typeof(GrainReference).GetConstructor(Internal, parameters)!);
        il.Emit(OpCodes.Ret);
    }

    private void EmitInterfaceName(TypeBuilder proxy)
    {
        ILGenerator il = proxy.DefineMethod(
            $"get_{nameof(GrainReference.InterfaceName)}",
            MethodAttributes.Public | MethodAttributes.HideBySig | MethodAttributes.Virtual,
            typeof(string),
            []).GetILGenerator();
        il.Emit(OpCodes.Ldstr, interfaceType.FullName!);
        il.Emit(OpCodes.Ret);
    }

    private static void EmitMethod(TypeBuilder proxy, GrainMethod method, EmittedCall call)
    {
        Type[] parameters = [.. method.Parameters.Select(parameter => parameter.ParameterType)];
        MethodBuilder implementation = proxy.DefineMethod(
            $"{method.Interface.FullName}.{method.Method.Name}",
            MethodAttributes.Private | MethodAttributes.HideBySig | MethodAttributes.Virtual | MethodAttributes.Final | MethodAttributes.NewSlot,
            method.Method.ReturnType,
            parameters);
        ILGenerator il = implementation.GetILGenerator();
        LocalBuilder made = il.DeclareLocal(call.Constructor.DeclaringType!);
        il.Emit(OpCodes.Newobj, call.Constructor);
        il.Emit(OpCodes.Stloc, made);
        for (int i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldloc, made);
            il.Emit(OpCodes.Ldarg, (short)(i + 1));
            il.Emit(OpCodes.Stfld, call.Arguments[i]);
        }

        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldloc, made);
        il.Emit(OpCodes.Call, Send);
        if (!method.IsVoid)
        {
            il.Emit(OpCodes.Ldloc, made);
            il.Emit(OpCodes.Call, call.Answer);
            if (method.IsValueTask)
            {
                il.Emit(OpCodes.Newobj, method.Method.ReturnType.GetConstructor([method.TaskType])!);
            }
        }

        il.Emit(OpCodes.Ret);
        proxy.DefineMethodOverride(implementation, method.Method);
    }
}
