using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>Which topics are sent, and where each begins.</summary>
internal sealed partial class TopicPump
{
    /// <summary>The peer's applied interest has changed: topics that it no longer wants are let go, the others are looked for.</summary>
    public void InterestChanged()
    {
        foreach (var sender in _senders.All.Where(sender => _patterns.WantedSince(sender.Topic) is null).ToArray())
        {
            _context.Hit(sender.ReadToken != 0 || sender.QueuedFrames > 0 ? LinkBranch.InterestLostUnderWay : LinkBranch.InterestLost);
            sender.Restart(default, TopicSendState.Stuck);
            _offers.Close(sender);
            _senders.Remove(sender);
        }

        DropVoid();
        _scan.Restart();
    }

    public void Advanced(TopicName topic)
    {
        if (_senders.Find(topic) is { } sender)
        {
            _context.Hit(sender.ReadToken != 0 ? LinkBranch.AdvancedDuringRead : LinkBranch.Advanced);
            sender.Advanced();
            Ready(sender);
        }
        else if (_patterns.WantedSince(topic) is { } since)
        {
            TryBegin(topic, since);
        }
        else
        {
            _context.Hit(LinkBranch.AdvanceUnwanted);
        }
    }

    public void Found(TopicsFound page)
    {
        if (!_scan.TryTake(page))
        {
            return;
        }

        TopicName? last = null;
        foreach (var (topic, end) in page.Topics)
        {
            if (!TryFind(topic, end))
            {
                _context.Hit(LinkBranch.ScanTableFull);
                _scan.GoOnLater(last);
                return;
            }

            last = topic;
        }

        _scan.GoOn(page);
    }

    private bool TryFind(TopicName topic, Position end)
    {
        if (_senders.Find(topic) is { } sender)
        {
            if (end > sender.End || (end > sender.Cursor && sender.IsResting))
            {
                _context.Hit(LinkBranch.SweepFoundMissed);
                sender.End = end;
                sender.Advanced();
                Ready(sender);
            }

            return true;
        }

        return _patterns.WantedSince(topic) is not { } since || _context.Memory.IsConfirmed(topic, end) || TryBegin(topic, since);
    }

    private bool TryBegin(TopicName topic, long since)
    {
        var sender = new TopicSender(topic, StartOf(topic, since));
        if (!_senders.TryAdd(sender))
        {
            _context.Hit(LinkBranch.SenderTableFull);
            return false;
        }

        Ready(sender);
        return true;
    }

    /// <summary>Where to begin without the peer's word: after what it acknowledged; with nothing remembered, only where nothing can have been
    /// missed.</summary>
    private ReadStart StartOf(TopicName topic, long since)
    {
        if (_context.Memory.Acked(topic) is { IsNone: false } acked)
        {
            return new ReadStart(ReadStartKind.After, acked, null, 0);
        }

        if (_context.IsReference)
        {
            return new ReadStart(ReadStartKind.Time, Position.None, null, since);
        }

        // Once something was forgotten, nothing remembered no longer means nothing sent: every event then counts as older, and the peer is asked.
        return new ReadStart(ReadStartKind.Open, Position.None, null, _context.Memory.HasForgotten ? long.MaxValue : since);
    }

    /// <summary>Interest that comes and goes, or pauses without end, must not pile up entries of topics that have gone on elsewhere.</summary>
    private void DropVoid()
    {
        var live = _ready.Where(sender => _senders.Find(sender.Topic) == sender).ToArray();
        _ready.Clear();
        foreach (var sender in live)
        {
            _ready.Enqueue(sender);
        }

        var parked = _parked.UnorderedItems
            .Where(static entry => entry.Element.Sender.Epoch == entry.Element.Epoch && entry.Element.Sender.State == TopicSendState.Parked)
            .ToArray();
        _parked.Clear();
        _parked.EnqueueRange(parked);
        _offers.DropVoid();
    }
}
