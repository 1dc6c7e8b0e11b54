using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions.Interest;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>Moves this node's own events from its logs into the send queue: a cursor per topic, topics with something to send take turns.</summary>
/// <remarks>
/// It reads only while the queue has room, so a slow peer costs no memory: the log is the queue. Where the peer stands is the peer's word (Resume);
/// what is remembered of it is where to begin.
/// </remarks>
internal sealed partial class TopicPump
{
    private const int ReferenceReadBytes = 16 * 1024;

    private readonly LinkContext _context;
    private readonly SendLanes _lanes;
    private readonly RemotePatterns _patterns;
    private readonly SenderTable _senders;
    private readonly TopicOffers _offers;
    private readonly TopicScan _scan;
    private readonly Queue<TopicSender> _ready = new();
    private readonly PriorityQueue<(TopicSender Sender, int Epoch), TimeSpan> _parked = new();
    private long _obeyedNumber;
    private int _reads;
    private bool _isStopped;

    public TopicPump(LinkContext context, SendLanes lanes, RemotePatterns patterns)
    {
        _context = context;
        _lanes = lanes;
        _patterns = patterns;
        _senders = new SenderTable(context.Options.MaxTopics);
        _offers = new TopicOffers(context);
        _scan = new TopicScan(context, patterns);
    }

    /// <summary>Topics whose position the peer has been asked for.</summary>
    public int OffersOutstanding => _offers.Outstanding;

    public int TrackedEntries => _senders.Count + _ready.Count + _parked.Count + _offers.Pending;

    /// <summary>Events that the peer wants and has not acknowledged, as far as they are known.</summary>
    public long LagEvents => _senders.All.Sum(static sender => Math.Max(0, sender.End.Sequence - sender.Acked.Sequence));

    /// <summary>Since when the topic that lags longest has done so; null when none does.</summary>
    public TimeSpan? OldestLag => _senders.All.Min(static sender => sender.LagsSince);

    public TimeSpan NextDeadline
    {
        get
        {
            var parked = _parked.TryPeek(out _, out var until) ? until : TimeSpan.MaxValue;
            return _isStopped ? TimeSpan.MaxValue : parked < _scan.NextAt ? parked : _scan.NextAt;
        }
    }

    /// <summary>Begins nothing more: the link is closing.</summary>
    public void Stop() => _isStopped = true;

    public void Read(TopicRead read)
    {
        _reads--;
        if (_senders.Find(read.Topic) is not { } sender || sender.ReadToken != read.Token)
        {
            _context.Hit(LinkBranch.StaleAnswer);
            return;
        }

        if (read.Code != MeshErrorCode.None)
        {
            _context.Hit(LinkBranch.ReadFailed);
            _context.Notice(LinkNoticeKind.ReadFailed, "The topic could not be read and is tried again.", read.Topic, read.Code);
            sender.FailRead();
            Park(sender, _context.Options.PauseDelay);
            return;
        }

        sender.End = read.End;
        if (read.NeedsOffer || IsUnproven(read))
        {
            _context.Hit(LinkBranch.TopicOffered);
            _offers.Add(sender);
        }
        else if (IsPeerAhead(sender, read.End))
        {
            _context.Hit(LinkBranch.PeerAhead);
            _context.Notice(
                LinkNoticeKind.PeerAhead, $"The peer holds {sender.Cursor}, this node ends at {read.End}.", read.Topic, MeshErrorCode.PeerAhead);
            sender.Stick();
        }
        else
        {
            Queue(sender, read);
        }
    }

    /// <summary>A frame of the topic has left the queue: the next may be read.</summary>
    public void FrameLeft(TopicSender sender)
    {
        Ready(sender);
        _senders.MarkIdle(sender);
    }

    public void PassTime()
    {
        while (_parked.TryPeek(out var parked, out var until) && until <= _context.Now)
        {
            _parked.Dequeue();
            if (parked.Sender.Epoch == parked.Epoch && parked.Sender.State == TopicSendState.Parked)
            {
                _context.Hit(LinkBranch.ParkEnded);
                parked.Sender.Unpark();
                Ready(parked.Sender);
            }
        }

        if (!_isStopped)
        {
            _scan.PassTime();
        }
    }

    /// <summary>Begins as many reads and offers as there is room for.</summary>
    public void Pump()
    {
        while (!_isStopped && _offers.NextPage() is { } page)
        {
            _lanes.AddControl(page);
        }

        while (!_isStopped && _reads < _context.Options.MaxReads && _ready.Count > 0)
        {
            if (!_lanes.HasRoomForEvents)
            {
                _context.Hit(LinkBranch.QueueFull);
                return;
            }

            var sender = _ready.Dequeue();
            sender.InReadyQueue = false;
            if (sender.CanRead)
            {
                BeginRead(sender);
            }
        }
    }

    private void BeginRead(TopicSender sender)
    {
        _context.Hit(sender.Start.Kind switch
        {
            ReadStartKind.Open => LinkBranch.ReadOpen,
            ReadStartKind.Time => LinkBranch.ReadTime,
            _ => sender.Start.Cursor is null ? LinkBranch.ReadAfterPosition : LinkBranch.ReadOn,
        });
        var token = _context.NextToken();
        sender.BeginRead(token);
        _reads++;
        var maxBytes = _context.IsReference ? ReferenceReadBytes : _context.Options.MaxFrameBytes;
        _context.Emit(new ReadTopic(token, sender.Topic, sender.Start, maxBytes));
    }

    private void Queue(TopicSender sender, TopicRead read)
    {
        var cursor = sender.Cursor;
        foreach (var item in read.Items)
        {
            cursor = item.Last;
            Queue(sender, item);
        }

        // Without a cursor and without an item the place of the position in the log is not known: the next read looks for it again.
        var isPlaced = read.Items.Count > 0 || sender.Start.Cursor is not null || cursor == read.End;
        var moved = read.Items.Count > 0 || (isPlaced && read.Next != sender.Start.Cursor);
        sender.EndRead(cursor, isPlaced ? read.Next : null, isBehind: moved && cursor < read.End);
        Ready(sender);
        _senders.MarkIdle(sender);
    }

    private void Queue(TopicSender sender, LinkItem item)
    {
        if (item.Batch is { } batch)
        {
            _lanes.AddEvents(sender, new BatchFrame(sender.Topic, batch, _obeyedNumber), batch.Events.Count);
        }
        else if (item.Gap is { } gap && !_context.IsReference)
        {
            _context.Hit(LinkBranch.GapSent);
            _context.Counters.GapsSent++;
            _lanes.AddEvents(sender, new GapFrame(sender.Topic, gap, _obeyedNumber), 0);
        }
    }

    /// <summary>There is nothing to send after what an earlier life of the peer acknowledged, so nothing would bring to light what the peer has lost since.</summary>
    private bool IsUnproven(TopicRead read) =>
        read.Items.Count == 0
        && !read.End.IsNone
        && _context.Memory.Acked(read.Topic) == read.End
        && !_context.Memory.IsConfirmed(read.Topic, read.End);

    private bool IsPeerAhead(TopicSender sender, Position end) =>
        sender.Start.Kind == ReadStartKind.After && sender.Cursor > end && sender.Cursor.Incarnation >= _context.Self.Incarnation;

    private void Park(TopicSender sender, TimeSpan wait)
    {
        sender.Park(_context.Now + wait);
        _parked.Enqueue((sender, sender.Epoch), sender.ParkedUntil);
        if (_parked.Count > 2 * _context.Options.MaxTopics)
        {
            DropVoid();
        }
    }

    private void Ready(TopicSender sender)
    {
        sender.MeasureLag(_context.Now);
        if (sender.CanRead && !sender.InReadyQueue)
        {
            sender.InReadyQueue = true;
            _ready.Enqueue(sender);
        }
    }
}
