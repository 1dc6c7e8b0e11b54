namespace EventMesh.Hosting;

/// <summary>How a silo takes part in the mesh; section <see cref="Section"/>.</summary>
public sealed class EventMeshOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "EventMesh";

    /// <summary>The node's id, the same for all silos of the cluster. Default: <c>eventmesh-</c> and the machine's name.</summary>
    public string NodeId { get; set; } = "";

    /// <summary>Where peers dial, <c>address:port</c>; port 0 takes any free one, empty does not listen. Default: <c>127.0.0.1:9090</c>.</summary>
    public string PeerListen { get; set; } = "127.0.0.1:9090";

    /// <summary>Peers to dial, each <c>id=host:port</c>; one entry may hold several, separated by commas. An address given at run time counts instead,
    /// over restarts, until it is forgotten. Default: none.</summary>
    public IList<string> ConnectPeer { get; } = [];

    /// <summary>Address of the client doors. Default: <c>127.0.0.1</c>.</summary>
    public string HttpAddress { get; set; } = "127.0.0.1";

    /// <summary>Port of the client doors (gRPC, health), 0 for any free one. Default: 8081.</summary>
    public int HttpPort { get; set; } = 8081;

    /// <summary>Where events are kept. Default: in files.</summary>
    public EventMeshStorageOptions Storage { get; } = new();

    /// <summary>Another name of <see cref="EventMeshStorageOptions.Path"/>, that of eventmesh-go; only one of the two may be given. Default: none.</summary>
    public string? EventLogPath { get; set; }

    /// <summary>Bytes of events that may wait for one topic before publishing to it is answered with <c>Busy</c>. Default: 8 MiB.</summary>
    public int MaxPendingTopicBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>The same for all topics of the silo together. Default: 128 MiB.</summary>
    public long MaxPendingBytes { get; set; } = 128 * 1024 * 1024;

    /// <summary>Subscriptions that may be open on the silo. Default: 10,000.</summary>
    public int MaxSessions { get; set; } = 10_000;

    /// <summary>How long Subscribe waits for all silos to take it. Default: 20 s.</summary>
    public TimeSpan SubscribeTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How often a silo that shares its node with others looks for wake-ups that were lost. Default: 1 s.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The id that a machine's node has where none is configured: characters that an id may not have become <c>-</c>.</summary>
    public static string DefaultNodeId(string machineName)
    {
        ArgumentNullException.ThrowIfNull(machineName);
        var text = $"eventmesh-{machineName}";
        var valid = text.Select(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-').ToArray();
        return new string(valid, 0, Math.Min(valid.Length, Core.Identity.NodeId.MaxLength));
    }
}
