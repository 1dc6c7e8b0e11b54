// Which silos form a cluster, and what each hosts.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Immutable;

using Orleans.Metadata;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>All silos of the process see one table, so they agree at once. Safe to use from any thread.</summary>
internal sealed class ClusterMembers
{
    /// <summary>Dead silos stay in the table, as they do in a real one, up to this many.</summary>
    private const int DeadKept = 64;

    private readonly Lock _gate = new();

    public Broadcast<ClusterMembershipSnapshot> Snapshots { get; } =
        new(new ClusterMembershipSnapshot(ImmutableDictionary<SiloAddress, ClusterMember>.Empty, new MembershipVersion(0)));

    public Broadcast<ClusterManifest> Manifests { get; } =
        new(new ClusterManifest(MajorMinorVersion.Zero, ImmutableDictionary<SiloAddress, GrainManifest>.Empty));

    public SiloStatus StatusOf(SiloAddress address) =>
        Snapshots.Current.Members.TryGetValue(address, out ClusterMember? member) ? member.Status : SiloStatus.None;

    /// <summary>False: the silo is dead, and stays so.</summary>
    public bool TrySetStatus(Silo silo, SiloStatus status)
    {
        lock (_gate)
        {
            ClusterMembershipSnapshot old = Snapshots.Current;
            if (StatusOf(silo.Address) == SiloStatus.Dead)
            {
                return false;
            }

            ImmutableDictionary<SiloAddress, ClusterMember> members =
                old.Members.SetItem(silo.Address, new ClusterMember(silo.Address, status, silo.Name));
            Snapshots.Publish(new ClusterMembershipSnapshot(Prune(members), new MembershipVersion(old.Version.Value + 1)));
            return true;
        }
    }

    public void AddManifest(Silo silo) => ChangeManifests(silos => silos.SetItem(silo.Address, silo.Manifest));

    public void RemoveManifest(Silo silo) => ChangeManifests(silos => silos.Remove(silo.Address));

    private static ImmutableDictionary<SiloAddress, ClusterMember> Prune(ImmutableDictionary<SiloAddress, ClusterMember> members)
    {
        SiloAddress[] dead = [.. members.Values.Where(member => member.Status == SiloStatus.Dead).Select(member => member.SiloAddress).Order()];
        return dead.Length <= DeadKept ? members : members.RemoveRange(dead[..^DeadKept]);
    }

    private void ChangeManifests(
        Func<ImmutableDictionary<SiloAddress, GrainManifest>, ImmutableDictionary<SiloAddress, GrainManifest>> change)
    {
        lock (_gate)
        {
            ClusterManifest old = Manifests.Current;
            MajorMinorVersion next = new(old.Version.Major + 1, old.Version.Minor);
            Manifests.Publish(new ClusterManifest(next, change(old.Silos)));
        }
    }
}
