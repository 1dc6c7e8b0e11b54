using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions;

/// <summary>Heartbeats, the round trip, and for how long nothing was heard.</summary>
internal sealed class Liveness(LinkContext context)
{
    private TimeSpan _lastHeard;
    private TimeSpan _nextHeartbeat = TimeSpan.MaxValue;
    private TimeSpan _sentAt;
    private long _sentUnixMs;
    private long _peerUnixMs;
    private TimeSpan _peerHeardAt;

    public TimeSpan? RoundTrip { get; private set; }

    /// <summary>When the peer counts as silent.</summary>
    public TimeSpan SilentAt => _lastHeard + context.Options.HeartbeatInterval * context.Options.MissedHeartbeats;

    public TimeSpan NextHeartbeat => _nextHeartbeat;

    public void Begin()
    {
        _lastHeard = context.Now;
        _nextHeartbeat = context.Now;
    }

    /// <summary>Any frame is a sign of life.</summary>
    public void Heard() => _lastHeard = context.Now;

    public void Received(HeartbeatFrame frame)
    {
        context.Hit(LinkBranch.HeartbeatReceived);
        _peerUnixMs = frame.TimestampUnixMs;
        _peerHeardAt = context.Now;

        // Only the echo of the latest heartbeat is measured: its moment is known on the clock that does not jump.
        if (frame.EchoUnixMs == 0 || frame.EchoUnixMs != _sentUnixMs)
        {
            return;
        }

        var roundTrip = context.Now - _sentAt - TimeSpan.FromMilliseconds(Math.Max(0, frame.EchoDelayMs));
        if (roundTrip >= TimeSpan.Zero)
        {
            context.Hit(LinkBranch.RoundTripMeasured);
            RoundTrip = roundTrip;
        }
    }

    /// <summary>A heartbeat if one is due: made when the writer takes it, so that its time is true and never more than one is under way.</summary>
    public HeartbeatFrame? NextFrame()
    {
        if (context.Now < _nextHeartbeat)
        {
            return null;
        }

        context.Hit(LinkBranch.HeartbeatSent);
        _nextHeartbeat = context.Now + context.Options.HeartbeatInterval;
        _sentAt = context.Now;
        _sentUnixMs = context.UnixMs;
        var delay = _peerUnixMs == 0 ? 0 : (long)(context.Now - _peerHeardAt).TotalMilliseconds;
        return context.IsReference
            ? new HeartbeatFrame(context.UnixMs, 0, 0)
            : new HeartbeatFrame(context.UnixMs, _peerUnixMs, delay);
    }
}
