// Which silos form the cluster.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.Immutable;

namespace Orleans.Runtime;

/// <summary>Safe to use from any thread.</summary>
public interface IClusterMembershipService
{
    ClusterMembershipSnapshot CurrentSnapshot { get; }

    /// <summary>The current snapshot, then every newer one; a reader that is slow may miss some, never the last.</summary>
    IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates { get; }

    /// <summary>Ends when <see cref="CurrentSnapshot"/> is at least of this version.</summary>
    ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default);

    /// <summary>Declares a silo dead. False where it already was.</summary>
    Task<bool> TryKill(SiloAddress siloAddress);
}

[GenerateSerializer, Immutable]
public sealed class ClusterMembershipSnapshot(ImmutableDictionary<SiloAddress, ClusterMember> members, MembershipVersion version)
{
    public ImmutableDictionary<SiloAddress, ClusterMember> Members { get; } = members;

    public MembershipVersion Version { get; } = version;

    /// <summary>A silo that was replaced by a later start of its endpoint counts as dead, one never heard of as none.</summary>
    public SiloStatus GetSiloStatus(SiloAddress silo)
    {
        if (Members.TryGetValue(silo, out ClusterMember? member))
        {
            return member.Status;
        }

        return Members.Keys.Any(known => known.IsSuccessorOf(silo)) ? SiloStatus.Dead : SiloStatus.None;
    }

    public override string ToString() => $"Version: {Version}, Silos: [{string.Join(", ", Members.Values)}]";
}

[GenerateSerializer, Immutable]
public sealed class ClusterMember(SiloAddress siloAddress, SiloStatus status, string name) : IEquatable<ClusterMember>
{
    public SiloAddress SiloAddress { get; } = siloAddress;

    public SiloStatus Status { get; } = status;

    public string Name { get; } = name;

    public bool Equals(ClusterMember? other) =>
        other is not null && SiloAddress.Equals(other.SiloAddress) && Status == other.Status
        && string.Equals(Name, other.Name, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as ClusterMember);

    public override int GetHashCode() => SiloAddress.GetHashCode();

    public override string ToString() => $"{SiloAddress}/{Name}/{Status}";
}

[GenerateSerializer]
public enum SiloStatus
{
    /// <summary>Not known.</summary>
    None = 0,
    Created = 1,
    Joining = 2,
    Active = 3,
    ShuttingDown = 4,
    Stopping = 5,
    Dead = 6,
}
