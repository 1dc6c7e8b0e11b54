using EventMesh.PeerLink.Metrics;

namespace EventMesh.Hosting.Links;

/// <summary>What the links to a peer have done together, since links come and go while counters must only grow.</summary>
internal readonly record struct LinkTotals
{
    public long FramesQueued { get; init; }

    public long FramesSent { get; init; }

    public long FramesDropped { get; init; }

    public long SendFailures { get; init; }

    public long BytesSent { get; init; }

    public long BytesReceived { get; init; }

    public long EventsSent { get; init; }

    public long EventsReceived { get; init; }

    public long EventsAcked { get; init; }

    public long EventsRefused { get; init; }

    public long Duplicates { get; init; }

    public long Gaps { get; init; }

    public long Resumes { get; init; }

    /// <summary>These, and what one more link has done.</summary>
    public LinkTotals Plus(LinkCounters? link) => link is null ? this : new LinkTotals
    {
        FramesQueued = FramesQueued + link.FramesQueued,
        FramesSent = FramesSent + link.FramesSent,
        FramesDropped = FramesDropped + link.FramesDropped,
        SendFailures = SendFailures + link.SendFailures,
        BytesSent = BytesSent + link.BytesSent,
        BytesReceived = BytesReceived + link.BytesReceived,
        EventsSent = EventsSent + link.EventsSent,
        EventsReceived = EventsReceived + link.EventsReceived,
        EventsAcked = EventsAcked + link.EventsAcked,
        EventsRefused = EventsRefused + link.EventsRefused,
        Duplicates = Duplicates + link.DuplicatesDropped,
        Gaps = Gaps + link.GapsStored,
        Resumes = Resumes + link.ResumesSent,
    };
}
