using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.Hosting.Node;

/// <summary>What a silo without links knows of peers.</summary>
internal sealed class NoPeers : IPeerStatusSource
{
    public bool IsInterestSynced => true;

    public IReadOnlyList<PeerReport> GetPeers() => [];
}
