namespace EventMesh.Core.Errors;

/// <summary>Numbered reasons for a failure. Numbers are stable, cross every wire, and are never given to another meaning.</summary>
/// <remarks>Blocks: 1xxx publish and subscribe, 2xxx storage, 3xxx link, 4xxx membership and configuration. Described in <c>docs/errors.md</c>.</remarks>
public enum MeshErrorCode
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>The topic name breaks a rule of names.</summary>
    InvalidTopic = 1001,

    /// <summary>The pattern breaks a rule of patterns.</summary>
    InvalidPattern = 1002,

    /// <summary>The topic belongs to the system; users may read it but not publish to it.</summary>
    TopicReserved = 1003,

    /// <summary>The event is larger than the limit.</summary>
    EventTooLarge = 1004,

    /// <summary>Too many headers, or one that is too long or has no name.</summary>
    InvalidHeaders = 1005,

    /// <summary>The batch is empty or larger than the limit.</summary>
    InvalidBatchSize = 1006,

    /// <summary>The bytes of a batch or event cannot be read.</summary>
    MalformedEvent = 1007,

    /// <summary>Too much is pending for the topic; try again after the time given.</summary>
    Busy = 1008,

    /// <summary>The topic has no events on this node.</summary>
    TopicUnknown = 1009,

    /// <summary>An offset or start position is negative, not a number, or beyond the end.</summary>
    InvalidOffset = 1010,

    /// <summary>A limit, count or durability in a request is out of its range.</summary>
    InvalidArgument = 1011,

    /// <summary>There are already as many sessions or subscriptions as the limit allows.</summary>
    TooManySessions = 1012,

    /// <summary>The session is not known here (its silo stopped, or it was closed); open it again at its position.</summary>
    SessionUnknown = 1013,

    /// <summary>The outcome of a call is not known: it may or may not have taken effect.</summary>
    OutcomeUnknown = 1014,

    /// <summary>The producer id breaks a rule of producer ids.</summary>
    InvalidProducer = 1015,

    /// <summary>The producer's sequence leaves a hole, or is older than what is remembered; nothing was stored.</summary>
    ProducerOutOfOrder = 1016,

    /// <summary>The producer is not known to the topic (any more), and its sequence is not 0; nothing was stored.</summary>
    ProducerUnknown = 1017,

    /// <summary>A newer writer owns the topic; this one may not write any more.</summary>
    LogFenced = 2001,

    /// <summary>The log has been closed.</summary>
    LogClosed = 2002,

    /// <summary>A write or flush failed; the log no longer acknowledges anything.</summary>
    LogFailed = 2003,

    /// <summary>Stored bytes are damaged.</summary>
    LogCorrupted = 2004,

    /// <summary>The log has reached a limit of its memory or disk.</summary>
    LogFull = 2005,

    /// <summary>The store belongs to another node id.</summary>
    StoreNodeMismatch = 2006,

    /// <summary>Another process has the store's directory open.</summary>
    StoreLocked = 2007,

    /// <summary>The store was written by a release that this one cannot read.</summary>
    StoreVersionUnknown = 2008,

    /// <summary>The state has changed since it was read; nothing was stored.</summary>
    StateConflict = 2009,

    /// <summary>The directory holds no store.</summary>
    StoreMissing = 2010,

    /// <summary>What is in the target directory would be overwritten.</summary>
    TargetOccupied = 2011,

    /// <summary>The first frame of a link was not a handshake, or none came in time.</summary>
    HandshakeExpected = 3001,

    /// <summary>The peer speaks another major version of the protocol.</summary>
    VersionMismatch = 3002,

    /// <summary>The peer names our own node id.</summary>
    SelfLink = 3003,

    /// <summary>The peer's node id is in use by a newer incarnation.</summary>
    DuplicateNodeId = 3004,

    /// <summary>A second handshake arrived on a link that already has one.</summary>
    UnexpectedHandshake = 3005,

    /// <summary>A frame could not be read or breaks a rule of the protocol.</summary>
    MalformedFrame = 3006,

    /// <summary>A frame is larger than the limit.</summary>
    FrameTooLarge = 3007,

    /// <summary>The peer sent more than its credit allows.</summary>
    CreditExceeded = 3008,

    /// <summary>The peer is not the one that was dialled, or is not allowed.</summary>
    PeerNotAllowed = 3009,

    /// <summary>Nothing was heard from the peer for too long.</summary>
    PeerSilent = 3010,

    /// <summary>The peer closed the link, or another link to it replaced this one.</summary>
    LinkClosed = 3011,

    /// <summary>The peer holds events of ours that we do not hold.</summary>
    PeerAhead = 3012,

    /// <summary>The peer cannot be reached.</summary>
    PeerUnreachable = 3013,

    /// <summary>There are already as many peers or links as the limit allows.</summary>
    TooManyPeers = 3014,

    /// <summary>The peer is not known to this node.</summary>
    PeerUnknown = 3015,

    /// <summary>The peer states more interest than the limit allows.</summary>
    TooMuchInterest = 3016,

    /// <summary>An operator keeps the peer off; it may come back once that is lifted.</summary>
    PeerHeld = 3017,

    /// <summary>The node id breaks a rule of node ids.</summary>
    InvalidNodeId = 4001,

    /// <summary>A configuration value is missing or out of its range.</summary>
    InvalidConfiguration = 4002,

    /// <summary>Another silo already uses this kind of store; it holds one silo only.</summary>
    SecondSilo = 4003,

    /// <summary>The node is starting or stopping and does not serve.</summary>
    NodeNotReady = 4004,
}
