using System.Reflection;
using Orleans;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

/// <summary>The stand-in's public members are those of Surface.txt; with the real packages, each of them (but the test hooks) exists there.</summary>
public sealed class SurfaceTests
{
    private const string Hooks = "EventMesh.StandIns.";

    private static readonly Assembly[] Assemblies =
    [
        .. new[] { typeof(IGrain), typeof(AliasAttribute), typeof(ISiloBuilder), typeof(IClusterClient), typeof(InProcessTestCluster) }
            .Select(type => type.Assembly)
            .SelectMany(assembly => assembly.GetReferencedAssemblies()
                .Where(reference => reference.Name!.StartsWith("Orleans.", StringComparison.Ordinal))
                .Select(Assembly.Load)
                .Append(assembly))
            .Distinct(),
    ];

    [Fact]
    public void PublicMembers_ComparedWithSurfaceFile_AreTheSame()
    {
        string[] listed = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Surface.txt"));
        string[] actual = [.. Assemblies.SelectMany(SurfaceText.Of).Distinct().Order(StringComparer.Ordinal)];

        if (Assemblies.Length == 1)
        {
            // What to copy over Surface.txt when a change is meant.
            File.WriteAllLines(Path.Combine(AppContext.BaseDirectory, "Surface.actual.txt"), actual);
            Assert.Equal(string.Join('\n', actual), string.Join('\n', listed));
        }
        else
        {
            Assert.All(listed.Except(actual), line => Assert.StartsWith(Hooks, line, StringComparison.Ordinal));
        }
    }
}
