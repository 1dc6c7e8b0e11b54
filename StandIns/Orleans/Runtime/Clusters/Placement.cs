// Chooses the silo of a new activation.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>Only active silos that host the grain class are chosen.</summary>
internal sealed class Placement(Cluster cluster)
{
    /// <exception cref="OrleansException">No active silo hosts the class.</exception>
    public Silo Choose(GrainId grainId, ICallSender sender)
    {
        Silo? local = sender.Silo;
        if (local is not null && IsCandidate(local, grainId.Type) && local.Classes[grainId.Type].PrefersLocal)
        {
            return local;
        }

        Silo[] candidates = [.. cluster.Silos.Where(silo => IsCandidate(silo, grainId.Type))];
        return candidates.Length switch
        {
            0 => throw new OrleansException($"No active nodes are compatible with grain {grainId}."),
            1 => candidates[0],
            _ => candidates[cluster.Faults?.Next(candidates.Length) ?? Random.Shared.Next(candidates.Length)],
        };
    }

    private static bool IsCandidate(Silo silo, GrainType type) => silo.Status == SiloStatus.Active && silo.Classes.ContainsKey(type);
}
