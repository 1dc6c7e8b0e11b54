using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.Hosting.Links;

/// <summary>Which silo of the node runs the link to a peer, and where its reports go. Thread-safe.</summary>
internal interface IPeerOwnership
{
    /// <summary>This silo, as reports name it.</summary>
    string Silo { get; }

    /// <summary>Whether this silo may dial the peer.</summary>
    ValueTask<bool> ClaimAsync(NodeId peer, CancellationToken cancellationToken);

    /// <summary>Hands a report over; the result is what an operator wants of the link, or null.</summary>
    ValueTask<PeerHealth?> ReportAsync(PeerReport report, CancellationToken cancellationToken);
}
