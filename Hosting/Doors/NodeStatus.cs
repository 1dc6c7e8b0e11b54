using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Node;

namespace EventMesh.Hosting.Doors;

/// <summary>What the doors tell about the node: its health and its peers.</summary>
internal sealed class NodeStatus(INodeHealth health, IPeerStatusSource peers)
{
    public NodeHealth Health => health.Current;

    public bool IsInterestSynced => peers.IsInterestSynced;

    public IReadOnlyList<PeerReport> Peers => peers.GetPeers();
}
