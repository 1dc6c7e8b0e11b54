using System.Reflection;
using System.Runtime.InteropServices;

namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>The programs that were built for these tests, and the host that runs them.</summary>
internal static class BuiltPrograms
{
    /// <summary>The silo.</summary>
    public static string Silo { get; } = Find("EventMesh.Silo");

    /// <summary>The tool for terminals.</summary>
    public static string Cli { get; } = Find("eventmesh");

    /// <summary>The <c>dotnet</c> of the runtime that runs the tests.</summary>
    public static string Host { get; } = Path.GetFullPath(
        Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    private static string Find(string name)
    {
        var path = typeof(BuiltPrograms).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == name).Value!;
        return File.Exists(path) ? path : throw new FileNotFoundException($"{name} has been built, but is not there any more.", path);
    }
}
