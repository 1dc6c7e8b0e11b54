using System.Diagnostics.CodeAnalysis;
using EventMesh.Hosting;

namespace EventMesh.Silo;

/// <summary>The flags of the command line: each is another way to write a key of section <c>EventMesh</c>.</summary>
internal static class SiloFlags
{
    private const string StorageKindProperty = $"{nameof(EventMeshOptions.Storage)}:{nameof(EventMeshStorageOptions.Kind)}";

    private static readonly Flag[] All =
    [
        new("--node-id", nameof(EventMeshOptions.NodeId), "ID", "name of this node in the mesh (default: eventmesh-<machine>)"),
        new("--http-port", nameof(EventMeshOptions.HttpPort), "PORT", "port of the client doors, 0 for any free one (default: 8081)"),
        new("--peer-listen", nameof(EventMeshOptions.PeerListen), "HOST:PORT", "where peers dial, empty for nowhere (default: 127.0.0.1:9090)"),
        new("--connect-peer", nameof(EventMeshOptions.ConnectPeer), "ID=HOST:PORT", "peer to dial; repeat it, or separate several by commas", IsList: true),
        new("--eventlog-path", nameof(EventMeshOptions.EventLogPath), "DIR", "directory of the event log (default: eventmesh-data/<node id> below the current directory)"),
        new("--storage", StorageKindProperty, "KIND", "files, or memory: then events end with the process (default: files)"),
        new("--log-level", SiloLogging.Key, "LEVEL", "trace, debug, information, warning, error, critical or none (default: information)"),
    ];

    public static string Help { get; } = $"""
        EventMesh silo: a node of the mesh. Without any flag it listens on loopback only and keeps events in files below the current directory.

        Usage: dotnet run --project Silo -- [flags]

        {string.Join(Environment.NewLine, All.Select(static flag => flag.Usage))}
          {"--help",-31}this text

        Every flag is also a key of section {EventMeshOptions.Section} in appsettings.json, and an environment variable:
        {EventMeshOptions.Section}__{nameof(EventMeshOptions.NodeId)}, {EventMeshOptions.Section}__{nameof(EventMeshOptions.ConnectPeer)}__0 and so on. A flag goes before the environment, the environment before the file.
        """;

    /// <summary>Reads the command line into configuration keys; false with what is wrong with it.</summary>
    public static bool TryParse(
        IReadOnlyList<string> args, out Dictionary<string, string?> settings, [NotNullWhen(false)] out string? problem)
    {
        settings = [];
        problem = null;
        var counts = new Dictionary<Flag, int>();
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = Split(args[i]);
            if (Array.Find(All, flag => flag.Name == name) is not { } flag)
            {
                problem = $"'{args[i]}' is not a flag of the silo. Try --help.";
                return false;
            }

            if (value is null && (++i == args.Count || args[i].StartsWith("--", StringComparison.Ordinal)))
            {
                problem = $"{flag.Name} needs a value ({flag.Value}): {flag.Description}.";
                return false;
            }

            var count = counts[flag] = counts.GetValueOrDefault(flag) + 1;
            if (count > 1 && !flag.IsList)
            {
                problem = $"{flag.Name} is given twice.";
                return false;
            }

            settings[flag.IsList ? $"{flag.Key}:{count - 1}" : flag.Key] = value ?? args[i];
        }

        return true;
    }

    private static (string Name, string? Value) Split(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (argument, null) : (argument[..equals], argument[(equals + 1)..]);
    }

    private sealed record Flag(string Name, string Property, string Value, string Description, bool IsList = false)
    {
        public string Key => $"{EventMeshOptions.Section}:{Property}";

        public string Usage => $"  {$"{Name} {Value}",-31}{Description}";
    }
}
