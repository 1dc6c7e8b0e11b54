using System.Reflection;
using System.Text;
using Grpc.AspNetCore.Server;
using Grpc.Net.Client;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>
/// The public members of the stand-in are those in Surface.txt, no more and no fewer; with the real packages, each of them exists there.
/// </summary>
public sealed class SurfaceTests
{
    private static readonly Assembly[] Assemblies =
    [
        .. new[] { typeof(GrpcChannel).Assembly, typeof(GrpcServiceOptions).Assembly }
            .SelectMany(assembly => assembly.GetReferencedAssemblies()
                .Where(reference => reference.Name!.StartsWith("Grpc.", StringComparison.Ordinal))
                .Select(Assembly.Load)
                .Append(assembly))
            .Distinct(),
    ];

    private static bool IsStandIn => Assemblies.Length == 1;

    [Fact]
    public void PublicMembers_ComparedWithSurfaceFile_AreTheSame()
    {
        var listed = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Surface.txt"));
        var actual = Assemblies.SelectMany(assembly => assembly.GetExportedTypes()).SelectMany(Describe)
            .Distinct().Order(StringComparer.Ordinal).ToArray();

        Assert.Empty(listed.Except(actual));
        if (IsStandIn)
        {
            Assert.Empty(actual.Except(listed));
            Assert.Equal(listed.Order(StringComparer.Ordinal), listed);
        }
    }

    private static IEnumerable<string> Describe(Type type)
    {
        yield return $"{NameOf(type)}: {KindOf(type)}";
        const BindingFlags Declared =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var member in type.GetMembers(Declared))
        {
            if (TextOf(member) is { } text)
            {
                yield return $"{NameOf(type)}.{text}";
            }
        }
    }

    private static string KindOf(Type type) => type switch
    {
        { IsEnum: true } => "enum",
        { IsInterface: true } => "interface",
        { IsValueType: true } => "struct",
        { IsAbstract: true, IsSealed: true } => "static class",
        { IsAbstract: true } => "abstract class",
        { IsSealed: true } => "sealed class",
        _ => "class",
    };

    private static string? TextOf(MemberInfo member) => member switch
    {
        FieldInfo { IsSpecialName: false } field when field.IsPublic || field.IsFamily =>
            field.IsLiteral && field.DeclaringType!.IsEnum
                ? $"{field.Name} = {field.GetRawConstantValue()}"
                : $"{field.Name}: {NameOf(field.FieldType)}",
        MethodBase method when IsVisible(method) =>
            $"{method.Name}{GenericsOf(method)}({string.Join(", ", method.GetParameters().Select(TextOf))})" +
            (method is MethodInfo { ReturnType: var result } ? $": {NameOf(result)}" : ""),
        _ => null,
    };

    private static bool IsVisible(MethodBase method) =>
        (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly)
        && !(method is MethodInfo info && info.GetBaseDefinition() != info && info.GetBaseDefinition().DeclaringType == typeof(object));

    private static string TextOf(ParameterInfo parameter) =>
        $"{NameOf(parameter.ParameterType)} {parameter.Name}{(parameter.HasDefaultValue ? " = default" : "")}";

    private static string GenericsOf(MethodBase method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(NameOf))}>" : "";

    private static string NameOf(Type type)
    {
        if (type.IsGenericParameter)
        {
            return type.Name;
        }

        if (type.HasElementType)
        {
            return NameOf(type.GetElementType()!) + (type.IsArray ? "[]" : "&");
        }

        var name = new StringBuilder(type.DeclaringType is { } outer ? $"{NameOf(outer)}+{type.Name}" : $"{type.Namespace}.{type.Name}");
        return type.IsGenericType && type.DeclaringType is null
            ? $"{name.ToString().Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
            : name.ToString();
    }
}
