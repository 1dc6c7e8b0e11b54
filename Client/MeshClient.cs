using EventMesh.Client.Cluster;
using EventMesh.Client.Remote;
using EventMesh.Core.Errors;
using Orleans;

namespace EventMesh.Client;

/// <summary>Makes clients.</summary>
public static class MeshClient
{
    /// <summary>The client of the gRPC door at <paramref name="url"/>, such as <c>http://127.0.0.1:8081</c>. Connects when it is used.</summary>
    /// <exception cref="EventMeshException"><c>InvalidConfiguration</c>: the URL, or an option.</exception>
    public static IMeshClient ForGrpc(string url, MeshClientOptions? options = null) =>
        Uri.TryCreate(url, UriKind.Absolute, out var server) && server.Scheme is "http" or "https"
            ? new GrpcMeshClient(server, MeshClientOptionsValidator.Checked(options))
            : throw new EventMeshException(
                MeshErrorCode.InvalidConfiguration, $"'{Core.Printable.Clip(url)}' is not a server URL: write http://host:port.");

    /// <summary>The client over an Orleans client, or over a silo's own grain factory: no door in between.</summary>
    /// <exception cref="EventMeshException"><c>InvalidConfiguration</c>: an option.</exception>
    public static IMeshClient ForCluster(IGrainFactory grains, MeshClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return new ClusterMeshClient(grains, MeshClientOptionsValidator.Checked(options));
    }
}
