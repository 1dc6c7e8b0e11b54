using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Links;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>A node with one silo: it owns every peer, and remembers what was reported.</summary>
internal sealed class FakeOwnership : IPeerOwnership
{
    private readonly Lock _gate = new();
    private readonly List<PeerReport> _reports = [];

    public string Silo => "silo";

    public bool MayDial { get; set; } = true;

    public IReadOnlyList<PeerReport> Reports
    {
        get
        {
            lock (_gate)
            {
                return [.. _reports];
            }
        }
    }

    public ValueTask<bool> ClaimAsync(NodeId peer, CancellationToken cancellationToken) => new(MayDial);

    public ValueTask<PeerHealth?> ReportAsync(PeerReport report, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _reports.Add(report);
        }

        return new((PeerHealth?)null);
    }
}
