using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;

namespace EventMesh.Hosting.Ports;

/// <summary>Keeps the mesh's endpoints to their ports: links on the peer port, doors on the client port, neither anywhere else.</summary>
/// <remarks>
/// What counts is the port that the connection came in by, not what a request says of its host. The peer port serves nothing else; on the client port an endpoint
/// of the mesh goes before one of the host's with the same route.
/// </remarks>
internal sealed class PortPolicy : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => -10_000;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => true;

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        ArgumentNullException.ThrowIfNull(candidates);
        var port = httpContext.Features.Get<MeshPort>();
        var isTaken = false;
        for (var i = 0; i < candidates.Count; i++)
        {
            isTaken |= port is not null && candidates.IsValidCandidate(i) && PortOf(candidates[i]) == port;
        }

        for (var i = 0; i < candidates.Count; i++)
        {
            var own = PortOf(candidates[i]);
            var isAllowed = own is null ? port != MeshPort.Peer && !isTaken : own == port;
            if (!isAllowed)
            {
                candidates.SetValidity(i, false);
            }
        }

        return Task.CompletedTask;
    }

    private static MeshPort? PortOf(in CandidateState candidate) => candidate.Endpoint?.Metadata.GetMetadata<MeshPort>();
}
