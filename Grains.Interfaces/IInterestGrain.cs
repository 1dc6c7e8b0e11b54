using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Grains.Interfaces;

/// <summary>The node's interest: a union of sets by contributor. One activation, key <see cref="Key"/>; holds nothing that silos cannot state again.</summary>
/// <remarks>So nothing of it is stored: after a restart there are no sessions, and every silo states its part to the new activation.</remarks>
[Alias("eventmesh.IInterestGrain")]
public interface IInterestGrain : IGrainWithStringKey
{
    /// <summary>The one key.</summary>
    const string Key = "node";

    /// <summary>States a silo's whole set, and waits until every mesh silo of the current membership has applied it: the Subscribe gate.</summary>
    /// <remarks>After a few seconds it answers all the same, with <see cref="InterestReply.IsApplied"/> false: state the set again.</remarks>
    /// <param name="set">The set. Stating it again is harmless.</param>
    /// <param name="knownEpoch">Epoch of the caller's view, zero for none.</param>
    /// <param name="knownVersion">Table version up to which the caller holds every set.</param>
    [Alias("state")]
    Task<InterestReply> StateAsync(InterestSet set, long knownEpoch, long knownVersion);

    /// <summary>Asks whether <paramref name="silo"/> missed something. An epoch other than its own tells it to state its set again.</summary>
    [Alias("load")]
    Task<InterestReply> LoadAsync(string silo, long knownEpoch, long knownVersion);
}
