using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions;

/// <summary>How a link ends: what is under way leaves if there is time, the peer is told why, then the stream closes.</summary>
public sealed partial class LinkSession
{
    private GoodbyeFrame? _goodbye;
    private bool _isDraining;
    private bool _goodbyeGiven;
    private TimeSpan _closeDeadline = TimeSpan.MaxValue;
    private (MeshErrorCode Code, string Message) _closing;

    private void Fail(MeshErrorCode code, string message) => BeginClose(code, message, null, drain: false);

    private void BeginClose(MeshErrorCode code, string message, TimeSpan? retryAfter, bool drain)
    {
        if (Phase == LinkPhase.Closed || (Phase == LinkPhase.Closing && (drain || !_isDraining)))
        {
            return;
        }

        _context.Hit(drain ? LinkBranch.CloseDraining : LinkBranch.CloseAtOnce);
        Phase = LinkPhase.Closing;
        _closing = (code, message);
        _pump.Stop();
        _intake.Stop();
        _isDraining = drain;
        _closeDeadline = _context.Now + (drain ? _context.Options.DrainTimeout : _context.Options.SendTimeout);
        _goodbye = _peerHandshake is { } peer && IsOurs(peer) ? new GoodbyeFrame(code, message, retryAfter) : null;
        if (!drain)
        {
            _lanes.Clear();
        }
    }

    private LinkFrame? NextClosingFrame()
    {
        if (_isDraining)
        {
            return NextControlFrame() ?? NextEvents() ?? _lanes.NextBestEffort();
        }

        if (_goodbyeGiven || _goodbye is null)
        {
            return null;
        }

        _goodbyeGiven = true;
        return _lanes.Give(_goodbye, 0, _context.Now);
    }

    private void PassClosingTime()
    {
        if (_isDraining)
        {
            var isDrained = _lanes.IsControlEmpty && _lanes.IsDataEmpty && _intake.IsQuiet && _intake.Acks.IsEmpty && _ingest.IsQuiet;
            if (!isDrained && _context.Now < _closeDeadline)
            {
                return;
            }

            _context.Hit(isDrained ? LinkBranch.Drained : LinkBranch.DrainTimedOut);
            _isDraining = false;
            _closeDeadline = _context.Now + _context.Options.SendTimeout;
            _lanes.Clear();
        }

        var isToldOrNeedNot = _goodbye is null || (_goodbyeGiven && _lanes.Flying == 0);
        if (isToldOrNeedNot || _context.Now >= _closeDeadline)
        {
            _context.Hit(_goodbye is null ? LinkBranch.ClosedWithoutGoodbye : isToldOrNeedNot ? LinkBranch.GoodbyeSent : LinkBranch.GoodbyeTimedOut);
            Finish(_closing.Code, _closing.Message, null, byPeer: false);
        }
    }

    private void Finish(MeshErrorCode code, string message, TimeSpan? retryAfter, bool byPeer)
    {
        if (Phase == LinkPhase.Closed)
        {
            return;
        }

        // A link that this side was closing ends for this side's reason, however the stream ends.
        var isOwnReason = Phase == LinkPhase.Closing;
        Phase = LinkPhase.Closed;
        _lanes.Abandon();
        Move(LinkHealth.Disconnected);
        _context.Emit(isOwnReason
            ? new CloseLink(_closing.Code, _closing.Message, null, ByPeer: false)
            : new CloseLink(code, message, retryAfter, byPeer));
    }

    private void Move(LinkHealth to)
    {
        var from = Health;
        if (from != to)
        {
            Health = to;
            _context.Emit(new HealthChanged(from, to));
        }
    }
}
