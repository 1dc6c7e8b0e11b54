using EventMesh.Core.Identity;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.PeerLink.Supervision;

/// <summary>Decides which of two links to one peer stays. Both sides see the same facts and so agree without asking.</summary>
public static class LinkArbiter
{
    /// <summary>Whether <paramref name="next"/> takes the place of <paramref name="current"/>.</summary>
    /// <remarks>
    /// A greater incarnation of the peer wins. Else dials of the higher node id win over those of the lower one, and among dials of one node
    /// the greater
    /// link number. A reference peer numbers nothing: its own dial wins over ours, and its newest over its older ones.
    /// </remarks>
    public static bool Replaces(NodeId self, LinkIdentity current, LinkIdentity next)
    {
        if (next.Peer.Incarnation != current.Peer.Incarnation)
        {
            return next.Peer.Incarnation > current.Peer.Incarnation;
        }

        if (next.IsReference)
        {
            return next.Role == LinkRole.Listener;
        }

        var byDialer = Dialer(self, next).CompareTo(Dialer(self, current));
        return byDialer != 0 ? byDialer > 0 : next.LinkNumber > current.LinkNumber;
    }

    private static NodeId Dialer(NodeId self, LinkIdentity link) => link.Role == LinkRole.Dialer ? self : link.Peer.Node;
}
