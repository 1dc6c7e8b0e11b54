using EventMesh.Grains.Interfaces.Messages;
using EventMesh.PeerLink.Metrics;

namespace EventMesh.Hosting.Links;

/// <summary>A peer at a moment.</summary>
/// <param name="Report">What is reported to the node and shown.</param>
/// <param name="Totals">What all links to it have done.</param>
/// <param name="SendLatency">Of the current link; null when there is none.</param>
/// <param name="IsLinked">Whether a link is there.</param>
internal readonly record struct PeerSnapshot(PeerReport Report, LinkTotals Totals, LatencyHistogram? SendLatency, bool IsLinked);
