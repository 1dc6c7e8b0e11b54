// The assembly that proxies are emitted into.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Reflection;
using System.Reflection.Emit;

namespace EventMesh.StandIns.Proxies;

/// <summary>Emitted code sees the internals of this assembly and of those whose interfaces it implements, as generated code would.</summary>
internal static class DynamicModule
{
    private static readonly AssemblyBuilder Assembly =
        AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("EventMesh.StandIns.Orleans.Proxies"), AssemblyBuilderAccess.Run);

    private static readonly ModuleBuilder Module = Assembly.DefineDynamicModule("Proxies");
    private static readonly ConstructorInfo IgnoresAccessChecks = EmitIgnoresAccessChecksTo();
    private static readonly HashSet<string> Opened = [];
    private static int _types;

    /// <summary>Guards all emitting.</summary>
    public static Lock Gate { get; } = new();

    public static TypeBuilder DefineType(string name, Type parent) => Module.DefineType(
        $"{name}_{++_types}", TypeAttributes.Public | TypeAttributes.Class | TypeAttributes.Sealed, parent);

    public static void OpenInternalsOf(Type type)
    {
        if (type.HasElementType)
        {
            OpenInternalsOf(type.GetElementType()!);
            return;
        }

        foreach (Type argument in type.GetGenericArguments())
        {
            OpenInternalsOf(argument);
        }

        string name = type.Assembly.GetName().Name!;
        if (Opened.Add(name))
        {
            Assembly.SetCustomAttribute(new CustomAttributeBuilder(IgnoresAccessChecks, [name]));
        }
    }

    /// <summary>The runtime knows this attribute by its name alone; the framework does not declare it.</summary>
    private static ConstructorInfo EmitIgnoresAccessChecksTo()
    {
        TypeBuilder attribute = Module.DefineType(
            "System.Runtime.CompilerServices.IgnoresAccessChecksToAttribute", TypeAttributes.Public | TypeAttributes.Class, typeof(Attribute));
        ConstructorInfo usage = typeof(AttributeUsageAttribute).GetConstructor([typeof(AttributeTargets)])!;
        attribute.SetCustomAttribute(new CustomAttributeBuilder(
            usage,
            [AttributeTargets.Assembly],
            [typeof(AttributeUsageAttribute).GetProperty(nameof(AttributeUsageAttribute.AllowMultiple))!],
            [true]));
        FieldBuilder name = attribute.DefineField("_assemblyName", typeof(string), FieldAttributes.Private);
        ConstructorBuilder constructor =
            attribute.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, [typeof(string)]);
        ILGenerator il = constructor.GetILGenerator();
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Call, typeof(Attribute).GetConstructor(BindingFlags.Instance | BindingFlags.NonPublic, [])!);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Stfld, name);
        il.Emit(OpCodes.Ret);
        return attribute.CreateType().GetConstructors()[0];
    }
}
