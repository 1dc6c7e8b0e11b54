using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>What the receiver of the events says: Resume, Pause, acknowledgements.</summary>
internal sealed partial class TopicPump
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    public void Resumed(ResumeFrame frame)
    {
        _context.Counters.ResumesReceived++;
        if (!TryObey(frame.Topic, frame.Origin, frame.Number))
        {
            return;
        }

        _context.Memory.Remember(frame.Topic, frame.Held);
        if (_patterns.WantedSince(frame.Topic) is not { } since)
        {
            _context.Hit(LinkBranch.ResumeUnwanted);
            return;
        }

        var start = StartOf(frame, since);
        if (_senders.Find(frame.Topic) is not { } sender)
        {
            _context.Hit(LinkBranch.ResumeUntracked);
            sender = new TopicSender(frame.Topic, start);
            if (!_senders.TryAdd(sender))
            {
                return;
            }
        }

        _offers.Close(sender);
        sender.Restart(start, TopicSendState.Streaming);
        sender.Acked = frame.Held;
        Ready(sender);
    }

    public void Paused(PauseFrame frame)
    {
        _context.Counters.PausesReceived++;
        if (!TryObey(frame.Topic, frame.Origin, frame.Number))
        {
            return;
        }

        var wait = TimeSpan.FromTicks(Math.Clamp(frame.RetryAfter.Ticks, ShortestPause.Ticks, LongestPause.Ticks));
        _context.Notice(LinkNoticeKind.TopicPausedByPeer, $"The peer pauses the topic for {wait}.", frame.Topic, frame.Code);
        if (_senders.Find(frame.Topic) is not { } sender || _patterns.WantedSince(frame.Topic) is not { } since)
        {
            _context.Hit(LinkBranch.PauseUnwanted);
            return;
        }

        _context.Hit(LinkBranch.PauseObeyed);
        _offers.Close(sender);
        sender.Restart(StartOf(frame.Topic, since), TopicSendState.Streaming);
        Park(sender, wait);
    }

    public void Acked(AcksFrame frame)
    {
        _lanes.Credit.Return(frame.CreditBytes);
        foreach (var ack in frame.Acks)
        {
            if (ack.Origin != _context.Self.Node)
            {
                _context.Violate(MeshErrorCode.MalformedFrame, $"An acknowledgement names the origin '{ack.Origin}', which is not this node.");
                return;
            }

            Acked(ack);
        }
    }

    private void Acked(PositionAck ack)
    {
        if (_senders.Find(ack.Topic) is not { } sender)
        {
            _context.Hit(LinkBranch.AckUntracked);
            return;
        }

        if (ack.Held <= sender.Acked || (ack.Held > sender.Cursor && ack.Held > sender.End))
        {
            _context.Hit(LinkBranch.AckWithoutNews);
            return;
        }

        _context.Hit(LinkBranch.AckTaken);
        _context.Counters.EventsAcked += Math.Max(0, ack.Held.Sequence - sender.Acked.Sequence);
        sender.Acked = ack.Held;
        sender.MeasureLag(_context.Now);
        _context.Memory.Remember(ack.Topic, ack.Held);
        _senders.MarkIdle(sender);
    }

    private ReadStart StartOf(ResumeFrame frame, long since)
    {
        if (!frame.Held.IsNone)
        {
            _context.Hit(LinkBranch.ResumeAtPosition);
            return new ReadStart(ReadStartKind.After, frame.Held, null, 0);
        }

        switch (frame.Start)
        {
            case ResumeStart.Live:
                _context.Hit(LinkBranch.ResumeLive);
                return new ReadStart(ReadStartKind.Time, Position.None, null, since);
            case ResumeStart.Time:
                _context.Hit(LinkBranch.ResumeTime);
                return new ReadStart(ReadStartKind.Time, Position.None, null, frame.StartTimeUnixMs);
            default:
                _context.Hit(LinkBranch.ResumeEarliest);
                return new ReadStart(ReadStartKind.After, Position.None, null, 0);
        }
    }

    private bool TryObey(TopicName topic, NodeId origin, long number)
    {
        if (origin != _context.Self.Node || number <= _obeyedNumber)
        {
            _context.Violate(
                MeshErrorCode.MalformedFrame,
                $"Number {number} for topic '{topic}' of '{origin}' follows {_obeyedNumber} or names another node's events.");
            return false;
        }

        _obeyedNumber = number;
        return true;
    }
}
