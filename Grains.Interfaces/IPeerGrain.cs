using EventMesh.Grains.Interfaces.Messages;
using Orleans;
using Orleans.Concurrency;

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

    /// <summary>An operator's word on the peer's health.</summary>
    /// <remarks>
    /// <para><see cref="PeerHealth.Unhealthy"/> closes the link, which is dialled again: an order that reaches the link with the next report's answer, at
    /// the latest after one heartbeat interval, and is not remembered.</para>
    /// <para><see cref="PeerHealth.Disconnected"/> keeps the peer off: no silo dials it, its own dials are refused with <c>PeerHeld</c>, and a link that
    /// is up is closed. It holds over restarts, until <see cref="PeerHealth.Healthy"/> lifts it. The task ends when it is flushed; the silos follow at once.</para>
    /// </remarks>
    [AlwaysInterleave, Alias("set-health")]
    Task<PeerChange> SetHealthAsync(PeerHealth health);

    /// <summary>Gives the peer an address to be dialled at, <c>host:port</c>, in place of a configured one. It holds over restarts.</summary>
    /// <remarks>A link that is up stays; the address counts for the next dial. The task ends when it is flushed; the silos follow at once.</remarks>
    [AlwaysInterleave, Alias("set-address")]
    Task<PeerChange> SetAddressAsync(string address);

    /// <summary>Forgets what is remembered of the peer: its address, a hold, its lives. A configured address counts again; without one, a link that this node
    /// dialled is closed.</summary>
    [AlwaysInterleave, Alias("forget")]
    Task<PeerChange> ForgetAsync();

    /// <summary>What is remembered of the peer over restarts.</summary>
    [AlwaysInterleave, Alias("settings")]
    Task<PeerSettings> GetSettingsAsync();
}
