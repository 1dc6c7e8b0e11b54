using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions;

/// <summary>Which part of the session a frame is for.</summary>
public sealed partial class LinkSession
{
    private void Receive(LinkFrame frame)
    {
        _context.Counters.FramesReceived++;
        _context.Counters.BytesReceived += frame.SizeBytes;
        _liveness.Heard();
        switch (Phase)
        {
            case LinkPhase.Handshake:
                ReceiveFirst(frame);
                break;
            case LinkPhase.Established:
                ReceiveEstablished(frame);
                break;
            case LinkPhase.Closing:
                ReceiveClosing(frame);
                break;
            default:
                throw new InvalidOperationException($"A frame was given while the link is {Phase}.");
        }
    }

    private void ReceiveEstablished(LinkFrame frame)
    {
        switch (frame)
        {
            case HandshakeFrame:
                _context.Hit(LinkBranch.SecondHandshake);
                _context.Violate(MeshErrorCode.UnexpectedHandshake, "A second handshake arrived.");
                break;
            case HeartbeatFrame heartbeat:
                _liveness.Received(heartbeat);
                break;
            case InterestSnapshotFrame snapshot:
                _remoteInterest.Received(snapshot);
                break;
            case InterestUpdateFrame update:
                _remoteInterest.Received(update);
                break;
            case GoodbyeFrame goodbye:
                ReceiveGoodbye(goodbye);
                break;
            case OffsetAckFrame or UnknownFrame:
                _context.Hit(LinkBranch.FrameIgnored);
                _context.Counters.FramesIgnored++;
                break;
            default:
                ReceiveEvents(frame);
                break;
        }
    }

    private void ReceiveEvents(LinkFrame frame)
    {
        if (frame is EventFrame != _context.IsReference)
        {
            _context.Hit(LinkBranch.FrameNotNegotiated);
            _context.Violate(MeshErrorCode.MalformedFrame, $"{frame.GetType().Name} does not belong to what the handshakes agreed on.");
            return;
        }

        switch (frame)
        {
            case EventFrame single:
                _ingest.Received(single);
                break;
            case BatchFrame batch:
                _intake.Received(batch);
                break;
            case GapFrame gap:
                _intake.Received(gap);
                break;
            case OfferFrame offer:
                _intake.Received(offer);
                break;
            case AcksFrame acks:
                _stalls.Answered();
                _pump.Acked(acks);
                break;
            case ResumeFrame resume:
                _stalls.Answered();
                _pump.Resumed(resume);
                break;
            case PauseFrame pause:
                _stalls.Answered();
                _pump.Paused(pause);
                break;
            case InterestAppliedFrame applied:
                _localInterest.Applied(applied);
                break;
        }
    }

    /// <summary>While closing only what lets the last frames leave still counts.</summary>
    private void ReceiveClosing(LinkFrame frame)
    {
        if (frame is GoodbyeFrame goodbye)
        {
            ReceiveGoodbye(goodbye);
        }
        else if (frame is AcksFrame acks && !_context.IsReference)
        {
            _pump.Acked(acks);
        }
    }

    private void ReceiveGoodbye(GoodbyeFrame goodbye)
    {
        _context.Hit(LinkBranch.GoodbyeReceived);
        Finish(goodbye.Code, Printable.Clip(goodbye.Message), goodbye.RetryAfter, byPeer: true);
    }
}
