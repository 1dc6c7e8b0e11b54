using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>The send queue of a link: control frames first, then events as far as the peer's credit reaches, then best-effort frames.</summary>
/// <remarks>
/// Bounds: events by frames and bytes (the pump then leaves them in the log); control frames by what credit and offers can cause, beyond which the
/// peer asks more than it reads and the link is closed; best-effort frames as <see cref="BestEffortLane"/> says.
/// </remarks>
internal sealed class SendLanes
{
    private const int SmallestBatchFrame = 96;
    private const int ControlAllowance = 4 * TopicOffers.MaxOutstanding;

    private readonly LinkContext _context;
    private readonly int _maxControlFrames;
    private readonly Queue<(LinkFrame Frame, TimeSpan QueuedAt)> _control = new();
    private readonly Queue<QueuedFrame> _data = new();
    private readonly Queue<FlyingFrame> _flying = new();
    private readonly ReferencePacer _pacer;
    private long _dataBytes;

    public SendLanes(LinkContext context)
    {
        _context = context;
        _maxControlFrames = ControlAllowance + (context.Options.CreditBytes / SmallestBatchFrame);
        _pacer = new ReferencePacer(context.Options);
        BestEffort = new BestEffortLane(context);
    }

    public SendCredit Credit { get; } = new();

    public BestEffortLane BestEffort { get; }

    public int QueuedFrames => _data.Count + _control.Count;

    public long QueuedBytes => _dataBytes;

    /// <summary>Frames that the transport has been given and has not taken yet.</summary>
    public int Flying => _flying.Count;

    /// <summary>When the transport was given the oldest of them.</summary>
    public TimeSpan OldestFlyingSince => _flying.Peek().GivenAt;

    public bool IsControlEmpty => _control.Count == 0;

    public bool IsDataEmpty => _data.Count == 0 && _pacer.IsEmpty;

    public bool HasRoomForEvents =>
        _data.Count < _context.Options.SendQueueFrames && _dataBytes < _context.Options.SendQueueBytes;

    /// <summary>When the pace allows the next frame to a reference peer; null when nothing waits for it.</summary>
    public TimeSpan? NextPaced => _context.IsReference && !IsDataEmpty ? _pacer.NextAt : null;

    public void AddControl(LinkFrame frame)
    {
        if (_control.Count >= _maxControlFrames)
        {
            _context.Hit(LinkBranch.ControlLaneOverrun);
            _context.Violate(MeshErrorCode.CreditExceeded, "The peer asks for more answers than it reads.");
            return;
        }

        _control.Enqueue((frame, _context.Now));
        _context.Counters.FramesQueued++;
    }

    public void AddEvents(TopicSender sender, LinkFrame frame, int events)
    {
        sender.FrameQueued();
        _data.Enqueue(new QueuedFrame(sender, sender.Epoch, frame, events, _context.Now));
        _dataBytes += frame.SizeBytes;
        _context.Counters.FramesQueued++;
    }

    /// <summary>The next control frame, if any.</summary>
    public LinkFrame? NextControl() => _control.TryDequeue(out var next) ? Give(next.Frame, 0, next.QueuedAt) : null;

    /// <summary>The next frame of events that may leave now, if any; the sender whose frame left the queue is named.</summary>
    public LinkFrame? NextEvents(out TopicSender? left)
    {
        left = null;
        DropVoid();
        if (_context.IsReference)
        {
            return NextPacedEvent(out left);
        }

        if (!_data.TryPeek(out var head))
        {
            return null;
        }

        var size = head.Frame.SizeBytes;
        if (!Credit.Allows(size))
        {
            _context.Hit(LinkBranch.CreditExhausted);
            return null;
        }

        _context.Hit(Credit.IsOversized(size) ? LinkBranch.LargeFrameSentAlone : LinkBranch.EventsSent);
        Credit.Take(size);
        left = Dequeue();
        return Give(head.Frame, head.Events, head.QueuedAt);
    }

    /// <summary>The next best-effort frame, if any.</summary>
    public LinkFrame? NextBestEffort() => BestEffort.TryTake(out var next) ? Give(next.Frame, 0, next.QueuedAt) : null;

    /// <summary>Books a frame that is made at the moment at which it is given out.</summary>
    public LinkFrame Give(LinkFrame frame, int events, TimeSpan queuedAt)
    {
        _flying.Enqueue(new FlyingFrame(frame.SizeBytes, events, queuedAt, _context.Now));
        return frame;
    }

    /// <summary>The transport has taken the oldest frame that was given out.</summary>
    public void Sent()
    {
        if (!_flying.TryDequeue(out var sent))
        {
            throw new InvalidOperationException("A frame was reported as sent that was not given out.");
        }

        var counters = _context.Counters;
        counters.FramesSent++;
        counters.BytesSent += sent.SizeBytes;
        counters.EventsSent += sent.Events;
        counters.SendLatency.Record(_context.Now - sent.QueuedAt);
    }

    /// <summary>Drops whatever has not been given out: the log has the events, and the link ends.</summary>
    public void Clear()
    {
        _context.Counters.SendFailures += _control.Count + _data.Count + BestEffort.Count;
        _control.Clear();
        _data.Clear();
        _dataBytes = 0;
        BestEffort.Clear();
    }

    /// <summary>The link has ended: what the transport was given may not have left.</summary>
    public void Abandon()
    {
        Clear();
        _context.Counters.SendFailures += _flying.Count;
        _flying.Clear();
    }

    private LinkFrame? NextPacedEvent(out TopicSender? left)
    {
        left = null;
        if (_pacer.IsEmpty && _data.Count > 0)
        {
            var head = _data.Peek();
            left = Dequeue();
            _context.Memory.Remember(left.Topic, ((BatchFrame)head.Frame).Batch.Last);
            left.Acked = ((BatchFrame)head.Frame).Batch.Last;
            _pacer.Load((BatchFrame)head.Frame);
        }

        return _pacer.TryTake(_context.Now, out var frame) ? Give(frame, 1, _context.Now) : null;
    }

    // Frames of an older epoch would only be ignored by the receiver.
    private void DropVoid()
    {
        while (_data.TryPeek(out var head) && head.Epoch != head.Sender.Epoch)
        {
            _context.Hit(LinkBranch.VoidFrameDropped);
            _dataBytes -= head.Frame.SizeBytes;
            _data.Dequeue();
        }
    }

    private TopicSender Dequeue()
    {
        var head = _data.Dequeue();
        _dataBytes -= head.Frame.SizeBytes;
        head.Sender.FrameLeft();
        return head.Sender;
    }

    private readonly record struct QueuedFrame(TopicSender Sender, int Epoch, LinkFrame Frame, int Events, TimeSpan QueuedAt);

    private readonly record struct FlyingFrame(int SizeBytes, int Events, TimeSpan QueuedAt, TimeSpan GivenAt);
}
