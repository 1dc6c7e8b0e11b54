using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using Orleans;
using Orleans.Runtime;

namespace EventMesh.Hosting.Links;

/// <summary>Asks and tells the peer's grain.</summary>
internal sealed class GrainPeerOwnership(IGrainFactory grains, ILocalSiloDetails silo) : IPeerOwnership
{
    public string Silo { get; } = silo.SiloAddress.ToParsableString();

    public async ValueTask<bool> ClaimAsync(NodeId peer, CancellationToken cancellationToken) =>
        await grains.GetGrain<IPeerGrain>(peer.Value).ClaimAsync(Silo).WaitAsync(cancellationToken).ConfigureAwait(false);

    public async ValueTask<PeerHealth?> ReportAsync(PeerReport report, CancellationToken cancellationToken) =>
        await grains.GetGrain<IPeerGrain>(report.Peer).ReportAsync(report).WaitAsync(cancellationToken).ConfigureAwait(false);
}
