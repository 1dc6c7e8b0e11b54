namespace EventMesh.PeerLink.Metrics;

/// <summary>What a link has done since it was opened. Only its session writes; any thread may read, and may see counts of different
/// moments.</summary>
public sealed class LinkCounters
{
    /// <summary>Frames put into the send queue.</summary>
    public long FramesQueued { get; internal set; }

    /// <summary>Frames that the transport has taken.</summary>
    public long FramesSent { get; internal set; }

    /// <summary>Frames that came from the peer.</summary>
    public long FramesReceived { get; internal set; }

    /// <summary>Bytes of frames that the transport has taken.</summary>
    public long BytesSent { get; internal set; }

    /// <summary>Bytes of frames that came from the peer.</summary>
    public long BytesReceived { get; internal set; }

    /// <summary>Events that the transport has taken, repeats included.</summary>
    public long EventsSent { get; internal set; }

    /// <summary>Events that came from the peer, repeats included.</summary>
    public long EventsReceived { get; internal set; }

    /// <summary>Sequences of this node by which the peer's acknowledged positions have moved on this link; those in gaps count.</summary>
    public long EventsAcked { get; internal set; }

    /// <summary>Records of the peer that were stored.</summary>
    public long RecordsStored { get; internal set; }

    /// <summary>Events of the peer that were held already.</summary>
    public long DuplicatesDropped { get; internal set; }

    /// <summary>Events of the peer that were ignored because they were sent before it obeyed the last Resume or Pause.</summary>
    public long EventsIgnored { get; internal set; }

    /// <summary>Events that were refused for good, or dropped because a reference peer's form of them cannot be stored.</summary>
    public long EventsRefused { get; internal set; }

    /// <summary>Best-effort frames that the drop policy has dropped.</summary>
    public long FramesDropped { get; internal set; }

    /// <summary>Frames that were queued or given to the transport and did not leave because the link ended.</summary>
    public long SendFailures { get; internal set; }

    /// <summary>Gaps sent.</summary>
    public long GapsSent { get; internal set; }

    /// <summary>Gaps of the peer that were stored.</summary>
    public long GapsStored { get; internal set; }

    /// <summary>Resume frames sent.</summary>
    public long ResumesSent { get; internal set; }

    /// <summary>Resume frames that came from the peer.</summary>
    public long ResumesReceived { get; internal set; }

    /// <summary>Pause frames sent.</summary>
    public long PausesSent { get; internal set; }

    /// <summary>Pause frames that came from the peer.</summary>
    public long PausesReceived { get; internal set; }

    /// <summary>Topics offered.</summary>
    public long TopicsOffered { get; internal set; }

    /// <summary>Patterns of the peer that could not be read, or were stated for another node.</summary>
    public long InterestSkipped { get; internal set; }

    /// <summary>Frames of kinds that this release does not know or does not use.</summary>
    public long FramesIgnored { get; internal set; }

    /// <summary>From queueing a frame to the transport having taken it.</summary>
    public LatencyHistogram SendLatency { get; } = new();
}
