using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node.Subscriptions;

/// <summary>A cursor per topic over the log. Wake-ups say which topics to look at; what is read comes from the log, always in order, each record once.</summary>
/// <remarks>
/// <para>Topics with something to read wait in a line and take turns; a topic is in the line once, however often it is woken. A cursor exists for topics
/// that had something to deliver, so memory grows with those, not with what the pattern matches.</para>
/// <para>Topics that were there before the subscription are looked through page by page as the reader goes on, between deliveries.</para>
/// <para>Threads: wake-ups come from any thread, the log's own among them, and only mark; where a topic begins is looked up by the reader. Reads come from one
/// thread at a time; one lock for the cursors, never held while records or an index are read.</para>
/// </remarks>
internal sealed class MeshSubscription : IMeshSubscription, IWakeTarget
{
    private const int ScanPageSize = 256;
    private const int ReadsPerScanPage = 32;
    private const int MaxRecords = 4_096;

    private readonly IEventLog _log;
    private readonly SubscribeRequest _request;
    private readonly Action<MeshSubscription> _onDispose;
    private readonly Lock _gate = new();
    private readonly Dictionary<TopicName, Cursor> _cursors = [];
    private readonly Queue<Cursor> _ready = new();
    private TaskCompletionSource? _waiter;
    private EventMeshException? _end;
    private TopicName _scanAfter;
    private bool _isScanning;
    private bool _isOpen;
    private int _reads;

    public MeshSubscription(IEventLog log, SubscribeRequest request, IReadOnlyCollection<TopicPattern> patterns, Action<MeshSubscription> onDispose)
    {
        _log = log;
        _request = request;
        Patterns = patterns;
        _onDispose = onDispose;
    }

    /// <summary>What it wants, each pattern once.</summary>
    public IReadOnlyCollection<TopicPattern> Patterns { get; }

    public long SinceUnixMs { get; private set; }

    public bool IsRemote => false;

    /// <summary>Begins to deliver, now that every silo of the node knows of it.</summary>
    /// <remarks>A wake-up before this moment was for records older than it; where those are wanted, the look through the topics finds them.</remarks>
    public void Open()
    {
        lock (_gate)
        {
            SinceUnixMs = _request is { Start: SubscribeStart.Live, StartValue: { } since } ? since : _log.CurrentTimeUnixMs;
            _isScanning = _request.Start != SubscribeStart.Live || _request.StartValue is not null || _request.Cursors.Count > 0;
            _isOpen = true;
        }
    }

    public void OnAdvanced(TopicAdvance advance)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            if (!_isOpen || _end is not null || !TryMarkReady(advance))
            {
                return;
            }

            waiter = _waiter;
            _waiter = null;
        }

        waiter?.TrySetResult();
    }

    public async ValueTask<Delivery> ReadAsync(int maxBytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            switch (Next(out var cursor, out var wait))
            {
                case Step.Scan:
                    ScanPage();
                    break;
                case Step.Wait:
                    await wait!.WaitAsync(cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    var delivery = await ReadAsync(cursor!, maxBytes, cancellationToken).ConfigureAwait(false);
                    if (delivery.Records.Records.Count > 0)
                    {
                        return delivery;
                    }

                    delivery.Records.Dispose();
                    break;
            }
        }
    }

    /// <summary>Ends the subscription: a read that waits, and every later one, fails with <paramref name="reason"/>.</summary>
    public void End(EventMeshException reason)
    {
        TaskCompletionSource? waiter;
        lock (_gate)
        {
            _end ??= reason;
            _cursors.Clear();
            _ready.Clear();
            waiter = _waiter;
            _waiter = null;
        }

        waiter?.TrySetResult();
    }

    public ValueTask DisposeAsync()
    {
        End(new EventMeshException(MeshErrorCode.SessionUnknown, "The subscription is closed."));
        _onDispose(this);
        return ValueTask.CompletedTask;
    }

    private Step Next(out Cursor? cursor, out Task? wait)
    {
        cursor = null;
        wait = null;
        lock (_gate)
        {
            if (_end is not null)
            {
                // A new one each time: a thrown exception belongs to one thread.
                throw new EventMeshException(_end.Code, _end.Message);
            }

            if (_isScanning && (_ready.Count < ScanPageSize || ++_reads % ReadsPerScanPage == 0))
            {
                return Step.Scan;
            }

            if (_ready.TryDequeue(out cursor))
            {
                cursor.IsReady = false;
                return Step.Read;
            }

            _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            wait = _waiter.Task;
            return Step.Wait;
        }
    }

    private async ValueTask<Delivery> ReadAsync(Cursor cursor, int maxBytes, CancellationToken cancellationToken)
    {
        var reader = _log.GetReader(cursor.Topic);
        var hasMore = true;
        try
        {
            var from = cursor.Next ?? StartOf(cursor, reader);
            var batch = await reader.ReadAsync(from, maxBytes, MaxRecords, cancellationToken).ConfigureAwait(false);
            var end = reader.Bounds.End;
            hasMore = batch.Next < end;
            Move(cursor, batch);
            return new Delivery(cursor.Topic, batch, end);
        }
        finally
        {
            // After a failure, too, the topic stays in the line: the next read tries it again.
            if (hasMore)
            {
                Requeue(cursor);
            }
        }
    }

    /// <summary>Notes how far a topic was read. One that had nothing for this subscription is forgotten: its place costs memory, and can be looked up again.</summary>
    private void Move(Cursor cursor, RecordBatch batch)
    {
        lock (_gate)
        {
            if (batch.Records.Count > 0 || cursor.Next is not null)
            {
                cursor.Next = batch.Next;
            }
            else if (!cursor.IsReady)
            {
                _cursors.Remove(cursor.Topic);
            }
        }
    }

    private void Requeue(Cursor cursor)
    {
        lock (_gate)
        {
            if (!cursor.IsReady && _end is null)
            {
                cursor.IsReady = true;
                _ready.Enqueue(cursor);
            }
        }
    }

    /// <summary>Puts the topic in the line if there may be something new for this subscription.</summary>
    private bool TryMarkReady(TopicAdvance advance)
    {
        if (!_cursors.TryGetValue(advance.Topic, out var cursor))
        {
            _cursors[advance.Topic] = cursor = new Cursor(advance.Topic, _log.GetReader(advance.Topic).Bounds.Start);
        }

        if (cursor.IsReady || cursor.Next >= advance.End)
        {
            return false;
        }

        cursor.IsReady = true;
        _ready.Enqueue(cursor);
        return true;
    }

    private LogOffset StartOf(Cursor cursor, ITopicReader reader) =>
        _request.Cursors.TryGetValue(cursor.Topic, out var named) ? named : _request switch
        {
            { Start: SubscribeStart.Earliest } => cursor.FirstHeld,
            { Start: SubscribeStart.Offset, StartValue: { } offset } => new LogOffset(offset),
            { StartValue: { } time } => StartAtTime(reader, time),
            _ => StartLive(reader, cursor.FirstHeld),
        };

    /// <summary>Where live begins. What retention took since the first wake-up may have been younger: then the start lies before it, so that the reader is told of the gap.</summary>
    private LogOffset StartLive(ITopicReader reader, LogOffset firstHeld)
    {
        var offset = reader.OffsetAtTime(SinceUnixMs);
        var start = reader.Bounds.Start;
        return start > firstHeld && offset <= start ? new LogOffset(start.Value - 1) : offset;
    }

    /// <summary>Where a time in the past begins. If everything that is held is younger, what is no longer held may have been as well: then the start lies before
    /// it, so that the reader is told of the gap.</summary>
    private static LogOffset StartAtTime(ITopicReader reader, long timeUnixMs)
    {
        var offset = reader.OffsetAtTime(timeUnixMs);
        var start = reader.Bounds.Start;
        return start > LogOffset.Zero && offset <= start ? new LogOffset(start.Value - 1) : offset;
    }

    private void ScanPage()
    {
        var page = _log.ListTopics(_scanAfter, ScanPageSize);
        lock (_gate)
        {
            foreach (var topic in page)
            {
                if (_end is null && Patterns.Any(pattern => pattern.Matches(topic.Topic)))
                {
                    TryMarkReady(new TopicAdvance(topic.Topic, topic.Bounds.End));
                }
            }

            _isScanning = page.Count == ScanPageSize;
            _scanAfter = page.Count == 0 ? _scanAfter : page[^1].Topic;
        }
    }

    private enum Step
    {
        Scan,
        Wait,
        Read,
    }

    private sealed class Cursor(TopicName topic, LogOffset firstHeld)
    {
        public TopicName Topic { get; } = topic;

        /// <summary>The start of the log when the topic was first found to have something.</summary>
        public LogOffset FirstHeld { get; } = firstHeld;

        /// <summary>What is read next; null until the first read has looked up where the topic begins for this subscription.</summary>
        public LogOffset? Next { get; set; }

        /// <summary>Whether it is in the line.</summary>
        public bool IsReady { get; set; }
    }
}
