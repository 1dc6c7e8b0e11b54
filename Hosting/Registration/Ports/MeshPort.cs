namespace EventMesh.Hosting.Ports;

/// <summary>The two ports of a silo. It stands on every connection as a feature, and on every endpoint of the mesh as metadata.</summary>
internal sealed record MeshPort(string Name)
{
    /// <summary>Where peers dial.</summary>
    public static MeshPort Peer { get; } = new("peer");

    /// <summary>Where clients dial.</summary>
    public static MeshPort Client { get; } = new("client");
}
