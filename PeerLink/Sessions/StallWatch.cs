using EventMesh.PeerLink.Sessions.Sending;

namespace EventMesh.PeerLink.Sessions;

/// <summary>Notices a link that is alive but does not move: the transport takes nothing, or the peer answers nothing that it owes.</summary>
internal sealed class StallWatch(LinkContext context, SendLanes lanes, TopicPump pump)
{
    private TimeSpan? _owedSince;

    /// <summary>When the link counts as stalled, unless something moves.</summary>
    public TimeSpan StalledAt
    {
        get
        {
            var since = lanes.Flying > 0 ? lanes.OldestFlyingSince : TimeSpan.MaxValue;
            since = _owedSince < since ? _owedSince.Value : since;
            return since == TimeSpan.MaxValue ? since : since + context.Options.StallTimeout;
        }
    }

    /// <summary>The peer has answered something: credit, an acknowledgement, where to resume, or a pause.</summary>
    public void Answered() => _owedSince = null;

    /// <summary>True when nothing has moved for too long.</summary>
    public bool PassTime()
    {
        var isOwed = lanes.Credit.Outstanding > 0 || pump.OffersOutstanding > 0;
        _owedSince = isOwed ? _owedSince ?? context.Now : null;
        return StalledAt <= context.Now;
    }
}
