using EventMesh.Core.Errors;

namespace EventMesh.PeerLink.Sessions;

/// <summary>What happens because time has passed.</summary>
public sealed partial class LinkSession
{
    private void PassTime()
    {
        switch (Phase)
        {
            case LinkPhase.Handshake or LinkPhase.Identified when _context.Now >= _handshakeDeadline:
                _context.Hit(LinkBranch.HandshakeTimedOut);
                Fail(MeshErrorCode.HandshakeExpected, $"No handshake was completed within {_context.Options.HandshakeTimeout}.");
                break;
            case LinkPhase.Established:
                PassEstablishedTime();
                break;
        }

        if (Phase == LinkPhase.Closing)
        {
            PassClosingTime();
        }
    }

    private void PassEstablishedTime()
    {
        if (!WantsFrames)
        {
            // Nothing can be heard while nothing is read.
            _liveness.Heard();
        }

        if (_liveness.SilentAt <= _context.Now)
        {
            _context.Hit(LinkBranch.PeerSilent);
            Move(LinkHealth.Unhealthy);
            Fail(MeshErrorCode.PeerSilent, $"Nothing was heard for {_context.Options.MissedHeartbeats} heartbeat intervals.");
            return;
        }

        if (_stalls.PassTime())
        {
            _context.Hit(LinkBranch.Stalled);
            _context.Notice(LinkNoticeKind.Stalled, "There is work but nothing has moved for too long.", default, MeshErrorCode.PeerSilent);
            Move(LinkHealth.Unhealthy);
            Fail(MeshErrorCode.PeerSilent, $"The link has made no progress for {_context.Options.StallTimeout}.");
            return;
        }

        _remoteInterest.PassTime();
        _ingest.PassTime();
        var dropped = _context.Counters.FramesDropped;
        _lanes.BestEffort.PassTime();
        if (_context.Counters.FramesDropped != dropped)
        {
            _context.Notice(LinkNoticeKind.FramesDropped, $"{_context.Counters.FramesDropped} best-effort frames have been dropped so far.");
        }

        _pump.PassTime();
        _pump.Pump();
        if (_context.Violation is { } violation)
        {
            Fail(violation.Code, violation.Message);
        }
    }

    private TimeSpan EstablishedDeadline()
    {
        var next = _liveness.SilentAt;
        Earlier(_liveness.NextHeartbeat);
        Earlier(_stalls.StalledAt);
        Earlier(_remoteInterest.RetryAt);
        Earlier(_ingest.NextDeadline);
        Earlier(_lanes.BestEffort.NextDecision ?? TimeSpan.MaxValue);
        Earlier(_lanes.NextPaced ?? TimeSpan.MaxValue);
        Earlier(_pump.NextDeadline);
        return next;

        // What is due already waits for the writer, not for time: the owner asks for frames whenever its writer has room.
        void Earlier(TimeSpan other) => next = other > _context.Now && other < next ? other : next;
    }
}
