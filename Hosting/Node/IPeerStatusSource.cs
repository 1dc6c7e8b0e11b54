using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.Hosting.Node;

/// <summary>The links of this silo, for doors, health and metrics; and the operator's hand on them.</summary>
public interface IPeerStatusSource
{
    /// <summary>A report for every peer that this silo knows: configured, connected, or remembered.</summary>
    IReadOnlyList<PeerReport> GetPeers();

    /// <summary>Whether every connected peer has applied this node's newest interest.</summary>
    bool IsInterestSynced { get; }
}
