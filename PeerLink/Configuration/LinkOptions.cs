using EventMesh.Core.Events;

namespace EventMesh.PeerLink.Configuration;

/// <summary>What happens to a best-effort frame that finds no room in the send queue within <see cref="LinkOptions.SendTimeout"/>.</summary>
public enum DropPolicy
{
    /// <summary>The oldest queued best-effort frame is dropped for it.</summary>
    DropOldest = 0,

    /// <summary>It is dropped itself.</summary>
    DropNewest = 1,
}

/// <summary>Where this node starts in a topic of a peer that it holds nothing of.</summary>
public enum FirstContact
{
    /// <summary>At what the peer appended since this node's interest reached it; a gap stands for what came before.</summary>
    Live = 0,

    /// <summary>At the oldest event that the peer still holds.</summary>
    Earliest = 1,
}

/// <summary>Settings of the links to other nodes: section <c>EventMesh:Links</c>.</summary>
public sealed class LinkOptions
{
    /// <summary>The configuration section.</summary>
    public const string SectionName = "EventMesh:Links";

    /// <summary>Time between heartbeats. 2 to 10 seconds. Default: 5 seconds.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Heartbeat intervals without any frame after which a peer is Unhealthy and its link is closed. 2 to 10. Default: 3.</summary>
    public int MissedHeartbeats { get; set; } = 3;

    /// <summary>How long a dial may take until the stream is open. 100 ms to 30 seconds. Default: 5 seconds.</summary>
    public TimeSpan DialTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an open stream may take to exchange handshakes. 100 ms to 30 seconds. Default: 5 seconds.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest first wait before a redial; doubles with every failure. 10 ms to 30 seconds. Default: 1 second.</summary>
    public TimeSpan BackoffInitial { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Where the doubling of <see cref="BackoffInitial"/> ends. Up to 5 minutes. Default: 30 seconds.</summary>
    public TimeSpan BackoffMax { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Most frames of events in a link's send queue; the log is read again when there is room. 4 to 10,000. Default: 100.</summary>
    public int SendQueueFrames { get; set; } = 100;

    /// <summary>Most bytes of events in a link's send queue. 256 KiB to 64 MiB. Default: 8 MiB.</summary>
    public int SendQueueBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>How long a best-effort frame waits for room before <see cref="DropPolicy"/> decides. 10 ms to 30 seconds. Default: 1 second.</summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>What gives way when best-effort frames find no room. Default: the oldest.</summary>
    public DropPolicy DropPolicy { get; set; } = DropPolicy.DropOldest;

    /// <summary>How long a graceful close waits for sends and stores under way. 0 to 60 seconds. Default: 5 seconds.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a link with work may make no progress until it is closed and dialled again. 5 seconds to 10 minutes. Default: 45 seconds.</summary>
    public TimeSpan StallTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>Bytes of events that a peer may have under way to this node. Keep it below the HTTP/2 window. 256 KiB to 16 MiB. Default: 1 MiB.</summary>
    public int CreditBytes { get; set; } = 1024 * 1024;

    /// <summary>Most bytes of events in one frame; a single larger event travels alone. 4 KiB to 256 KiB. Default: 256 KiB.</summary>
    public int MaxFrameBytes { get; set; } = EventLimits.MaxFrameBytes;

    /// <summary>Largest message that a transport takes. 2 to 16 MiB, and room for <see cref="MaxInterestPatterns"/> of full length. Default: 4 MiB.</summary>
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Most patterns that a peer may want; one that states more is closed. 1 to 60,000. Default: 10,000.</summary>
    public int MaxInterestPatterns { get; set; } = 10_000;

    /// <summary>Where to start in a peer's topic that this node holds nothing of. Default: live.</summary>
    public FirstContact FirstContact { get; set; } = FirstContact.Live;

    /// <summary>How long a topic rests that could not be stored or read, unless the failure says better. 10 ms to 60 seconds. Default: 1 second.</summary>
    public TimeSpan PauseDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a link looks through the topics for what a lost wake-up left behind. 100 ms to 60 seconds. Default: 1 second.</summary>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most topics that a link works on at once in either direction; others wait their turn. 16 to 1,000,000. Default: 32,768.</summary>
    public int MaxTopics { get; set; } = 32_768;

    /// <summary>Most topics whose acknowledged position is remembered per peer; a forgotten one is asked for again. 16 to 1,000,000. Default: 100,000.</summary>
    public int RememberedTopics { get; set; } = 100_000;

    /// <summary>Most log reads under way per link. 1 to 64. Default: 4.</summary>
    public int MaxReads { get; set; } = 4;

    /// <summary>Pace at which a reference peer, which drops what it cannot queue, is sent events. 1 to 100,000. Default: 1,000.</summary>
    public int ReferenceEventsPerSecond { get; set; } = 1_000;

    /// <summary>Events that may follow one another to a reference peer without pacing. 1 to 10. Default: 5.</summary>
    public int ReferenceBurst { get; set; } = 5;

    /// <summary>Most bytes of a reference peer's events that wait to be stored; beyond, its stream is not read. 64 KiB to 64 MiB. Default: 1 MiB.</summary>
    public int IngestQueueBytes { get; set; } = 1024 * 1024;
}
