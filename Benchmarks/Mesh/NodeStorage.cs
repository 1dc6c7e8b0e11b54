using System.Globalization;
using EventMesh.Benchmarks.Logs;

namespace EventMesh.Benchmarks.Mesh;

/// <summary>Where the nodes of a run keep their events; the command line decides, once it is read.</summary>
internal sealed class NodeStorage
{
    private const long MemoryBytes = 512L * 1024 * 1024;

    /// <summary>In memory instead of in files.</summary>
    public bool IsMemory { get; set; }

    public string Description => IsMemory ? "in memory" : "in files, flushed";

    /// <summary>Keys for one node, and the directory that goes with it; null if there is none.</summary>
    public (Dictionary<string, string?> Keys, string? Path) Next()
    {
        if (IsMemory)
        {
            return (
                new()
                {
                    ["EventMesh:Storage:Kind"] = "memory",
                    ["EventMesh:Storage:Memory:MaxTotalBytes"] = MemoryBytes.ToString(CultureInfo.InvariantCulture),
                },
                null);
        }

        var path = BenchmarkStore.NewPath();
        return (new() { ["EventMesh:Storage:Path"] = path }, path);
    }
}
