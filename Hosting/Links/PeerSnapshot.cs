using EventMesh.Core.Identity;
using EventMesh.PeerLink.Metrics;
using EventMesh.PeerLink.Sessions;

namespace EventMesh.Hosting.Links;

/// <summary>A peer's measurements at a moment.</summary>
/// <param name="Peer">The peer.</param>
/// <param name="Health">How it is.</param>
/// <param name="View">What its link shows of itself; empty when there is none.</param>
/// <param name="Totals">What all links to it have done.</param>
/// <param name="Reconnects">Links after the first.</param>
/// <param name="SendLatency">Of the current link; null when there is none.</param>
internal readonly record struct PeerSnapshot(
    NodeId Peer, LinkHealth Health, LinkView View, LinkTotals Totals, long Reconnects, LatencyHistogram? SendLatency);
