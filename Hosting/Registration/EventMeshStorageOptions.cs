namespace EventMesh.Hosting;

/// <summary>Where a silo keeps the node's events; section <see cref="Section"/>, and <see cref="EventMeshOptions.Storage"/> in code.</summary>
public sealed class EventMeshStorageOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "EventMesh:Storage";

    /// <summary>What keeps them. Default: <see cref="StorageKind.Files"/>.</summary>
    public StorageKind Kind { get; set; } = StorageKind.Files;

    /// <summary>
    /// Directory of the store on files; it is made where it is missing. A relative one lies below the current directory of the process.
    /// Default: <c>eventmesh-data/</c> and the node's id.
    /// </summary>
    public string? Path { get; set; }
}

/// <summary>What keeps a node's events.</summary>
public enum StorageKind
{
    /// <summary>Files in a directory of this machine: what was acknowledged at <c>disk</c> survives kill -9 and power loss.</summary>
    Files,

    /// <summary>The memory of the process: everything ends with it. For tests and demos.</summary>
    Memory,
}
