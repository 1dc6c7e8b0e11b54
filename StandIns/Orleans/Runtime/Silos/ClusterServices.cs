// Membership and manifest as a silo's services see them.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Orleans.Metadata;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

internal sealed class ClusterMembershipService(Silo silo) : IClusterMembershipService
{
    private Broadcast<ClusterMembershipSnapshot> Snapshots => silo.Cluster.Members.Snapshots;

    public ClusterMembershipSnapshot CurrentSnapshot => Snapshots.Current;

    public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => Snapshots.ReadAllAsync(silo.Ended);

    public async ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default)
    {
        await foreach (ClusterMembershipSnapshot snapshot in Snapshots.ReadAllAsync(silo.Ended, cancellationToken))
        {
            if (snapshot.Version >= minimumVersion)
            {
                return;
            }
        }
    }

    public Task<bool> TryKill(SiloAddress siloAddress)
    {
        Silo? other = silo.Cluster.Silos.FirstOrDefault(candidate => candidate.Address.Equals(siloAddress));
        other?.Crash();
        return Task.FromResult(other is not null);
    }
}

internal sealed class ClusterManifestProvider(Silo silo) : IClusterManifestProvider
{
    private Broadcast<ClusterManifest> Manifests => silo.Cluster.Members.Manifests;

    public ClusterManifest Current => Manifests.Current;

    public GrainManifest LocalGrainManifest => silo.Manifest;

    public IAsyncEnumerable<ClusterManifest> Updates => Manifests.ReadAllAsync(silo.Ended);
}
