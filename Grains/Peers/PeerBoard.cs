using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.Grains.Peers;

/// <summary>What the node knows of one peer, and which silo runs its link. One thread at a time.</summary>
/// <remarks>
/// A silo that dials must own the peer; an inbound link that is up takes the ownership over. Of two links the peer keeps the one of the greater
/// incarnation, then of the greater link number: so does this board, and an older link's last words change nothing.
/// </remarks>
internal sealed class PeerBoard(Func<string, bool> isGone)
{
    private string? _owner;
    private PeerHealth? _override;

    /// <summary>The last report that counted.</summary>
    public PeerReport? Report { get; private set; }

    /// <summary>The silo that runs or may dial the link; null when none does.</summary>
    public string? Owner => _owner is not null && isGone(_owner) ? null : _owner;

    /// <summary>Gives <paramref name="silo"/> the link unless another live silo has it.</summary>
    public bool Claim(string silo)
    {
        if (Owner is { } owner && owner != silo)
        {
            return false;
        }

        _owner = silo;
        return true;
    }

    /// <summary>Takes a report and hands out the operator's override, once, to the silo that runs the link.</summary>
    public PeerHealth? Take(PeerReport report)
    {
        var isUp = report.Health == PeerHealth.Healthy;
        if (Owner is { } owner && owner != report.Silo && !(isUp && IsNewer(report)))
        {
            return null;
        }

        _owner = isUp || Owner == report.Silo ? report.Silo : _owner;
        var isTransition = Report?.Health != report.Health;
        Report = report;
        var order = isTransition ? null : _override;
        _override = null;
        return order;
    }

    /// <summary>Keeps an operator's override for the next report.</summary>
    public void Override(PeerHealth health) => _override = health;

    private bool IsNewer(PeerReport report) =>
        Report is not { Health: PeerHealth.Healthy } current
        || report.Incarnation > current.Incarnation
        || (report.Incarnation == current.Incarnation && report.LinkNumber >= current.LinkNumber);
}
