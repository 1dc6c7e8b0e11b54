namespace EventMesh.PeerLink.Sessions;

/// <summary>What a <see cref="LinkNotice"/> is about.</summary>
public enum LinkNoticeKind
{
    /// <summary>Interest that cannot be read, or is stated for another node, was skipped.</summary>
    InterestSkipped,

    /// <summary>The peer has paused a topic.</summary>
    TopicPausedByPeer,

    /// <summary>This node has paused a topic because it cannot store it now.</summary>
    TopicPaused,

    /// <summary>Events that this node can never take were replaced by a gap.</summary>
    EventsRefused,

    /// <summary>A gap of the peer's events was stored.</summary>
    GapStored,

    /// <summary>The peer lost events that this node holds, and began again behind them.</summary>
    OriginRewound,

    /// <summary>The peer holds events of this node that this node does not hold.</summary>
    PeerAhead,

    /// <summary>A topic could not be read; it is tried again.</summary>
    ReadFailed,

    /// <summary>A reference peer's event was dropped because it can never be stored.</summary>
    EventDropped,

    /// <summary>Best-effort frames were dropped by the drop policy.</summary>
    FramesDropped,

    /// <summary>The link makes no progress although there is work.</summary>
    Stalled,
}
