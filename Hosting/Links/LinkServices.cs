using EventMesh.Hosting.Node;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Metrics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Links;

/// <summary>What all links of a silo share.</summary>
/// <param name="Host">The node.</param>
/// <param name="Operations">Reading and storing.</param>
/// <param name="Options">The links' settings.</param>
/// <param name="Time">The clock.</param>
/// <param name="ClockStart">The timestamp of <paramref name="Time"/> that moments count from.</param>
/// <param name="Logger">The links' log.</param>
internal sealed record LinkServices(
    ILinkHost Host, LinkOperations Operations, LinkOptions Options, TimeProvider Time, long ClockStart, ILogger Logger);

/// <summary>What a link shows of itself to other threads.</summary>
internal sealed record LinkView
{
    public static LinkView Empty { get; } = new();

    /// <summary>The version of this node's interest that the link knows.</summary>
    public long InterestVersion { get; init; } = -1;

    /// <summary>Whether the peer has applied that version.</summary>
    public bool IsInterestSynced { get; init; }

    /// <summary>The last heartbeat's round trip; null before the first.</summary>
    public TimeSpan? RoundTrip { get; init; }

    /// <summary>Frames that wait to be sent.</summary>
    public int QueuedFrames { get; init; }

    /// <summary>Their bytes.</summary>
    public long QueuedBytes { get; init; }

    /// <summary>What the peer wants and has not acknowledged; looked at about once a second.</summary>
    public LinkLag Lag { get; init; }
}
