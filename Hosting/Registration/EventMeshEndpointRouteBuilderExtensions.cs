using EventMesh.Hosting.Doors;
using EventMesh.Hosting.Links;
using EventMesh.Hosting.Ports;
using Microsoft.AspNetCore.Routing;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Serves the mesh's peers and clients by the host's web server.</summary>
public static class EventMeshEndpointRouteBuilderExtensions
{
    /// <summary>Maps the links on the peer port (<c>EventMesh:PeerListen</c>), and the client doors with their health checks on the client port
    /// (<c>EventMesh:HttpPort</c>). Both ports are opened by <c>AddEventMesh</c>; the host's own addresses stay.</summary>
    /// <returns>Conventions that apply to all endpoints of the mesh.</returns>
    public static IEndpointConventionBuilder MapEventMesh(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        var mapped = new List<IEndpointConventionBuilder>();
        mapped.AddRange(On(MeshPort.Peer, [endpoints.MapLinks()]));
        mapped.AddRange(On(MeshPort.Client, endpoints.MapClientDoors()));
        return new Conventions(mapped);
    }

    private static IEnumerable<IEndpointConventionBuilder> On(MeshPort port, IEnumerable<IEndpointConventionBuilder> endpoints)
    {
        foreach (var endpoint in endpoints)
        {
            endpoint.WithMetadata(port);
            yield return endpoint;
        }
    }

    private sealed class Conventions(List<IEndpointConventionBuilder> builders) : IEndpointConventionBuilder
    {
        public void Add(Action<EndpointBuilder> convention) => builders.ForEach(builder => builder.Add(convention));

        public void Finally(Action<EndpointBuilder> finalConvention) => builders.ForEach(builder => builder.Finally(finalConvention));
    }
}
