using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Grains.Interfaces;

/// <summary>One peer as the whole node sees it; the key is the peer's node id. Decides which silo runs the link.</summary>
[Alias("eventmesh.IPeerGrain")]
public interface IPeerGrain : IGrainWithStringKey
{
    /// <summary>Asks to run the link: true when <paramref name="silo"/> may dial, false while another live silo owns it.</summary>
    /// <remarks>An inbound link that is established takes the ownership over by its report. An owner that leaves the membership loses it.</remarks>
    [Alias("claim")]
    Task<bool> ClaimAsync(string silo);

    /// <summary>Takes a report of the silo that runs the link: on transitions and once per heartbeat interval, never per event.</summary>
    /// <returns>An operator's override that the link has to carry out now; null for none. It is handed out once.</returns>
    [Alias("report")]
    Task<PeerHealth?> ReportAsync(PeerReport report);

    /// <summary>The last report; null when there was none.</summary>
    [Alias("get")]
    Task<PeerReport?> GetAsync();

    /// <summary>An operator's override of the peer's health until the next transition: <see cref="PeerHealth.Unhealthy"/> closes and redials the link.</summary>
    /// <remarks>It reaches the link with the next report's answer, at the latest after one heartbeat interval.</remarks>
    [Alias("set-health")]
    Task SetHealthAsync(PeerHealth health);
}
