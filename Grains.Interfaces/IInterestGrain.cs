using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Grains.Interfaces;

/// <summary>The node's interest: a union of sets by contributor. One activation, key <see cref="Key"/>; holds nothing that silos cannot state again.</summary>
[Alias("eventmesh.IInterestGrain")]
public interface IInterestGrain : IGrainWithStringKey
{
    /// <summary>The one key.</summary>
    const string Key = "node";

    /// <summary>States a silo's whole set. Ends when every mesh silo of the current membership has applied it: the Subscribe gate.</summary>
    /// <param name="set">The set.</param>
    /// <param name="observer">How to reach the silo.</param>
    /// <param name="knownEpoch">Epoch of the caller's view, zero for none.</param>
    /// <param name="knownVersion">Table version of the caller's view.</param>
    [Alias("state")]
    Task<InterestReply> StateAsync(InterestSet set, ISiloObserver observer, long knownEpoch, long knownVersion);

    /// <summary>The node's whole table, for a silo that joins or suspects that it missed something.</summary>
    [Alias("load")]
    Task<InterestReply> LoadAsync(long knownEpoch, long knownVersion);
}
