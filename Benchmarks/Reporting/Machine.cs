using System.Reflection;
using System.Runtime.InteropServices;
using Orleans;

namespace EventMesh.Benchmarks.Reporting;

/// <summary>What figures were measured on and with: without it they mean nothing.</summary>
/// <param name="Date">When, UTC.</param>
/// <param name="Commit">Of the code.</param>
/// <param name="DependencySet"><c>packages</c> or <c>standins</c>.</param>
/// <param name="Cores">Processors that the process may use.</param>
/// <param name="MemoryGiB">Memory that the process may use.</param>
/// <param name="LoadAverage">Runnable threads of the whole machine over the last minute, where the system says so.</param>
/// <param name="Runtime">.NET version.</param>
/// <param name="System">Operating system.</param>
internal sealed record Machine(
    DateTimeOffset Date, string Commit, string DependencySet, int Cores, double MemoryGiB, string LoadAverage, string Runtime, string System)
{
    public bool IsStandIns => DependencySet == "standins";

    public static Machine Current() => new(
        TimeProvider.System.GetUtcNow(),
        CommitOf(Assembly.GetExecutingAssembly()),
        typeof(IGrainFactory).Assembly.GetName().Name!.StartsWith("EventMesh.", StringComparison.Ordinal) ? "standins" : "packages",
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024), 1),
        ReadLoadAverage(),
        RuntimeInformation.FrameworkDescription,
        $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}");

    // The SDK writes the version as "1.2.3+commit".
    private static string CommitOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var commit]
            ? commit[..Math.Min(12, commit.Length)]
            : "unknown";

    private static string ReadLoadAverage() =>
        File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";
}
