using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Journal;

/// <summary>The one writer of all topics of a store: numbers what is handed over, gathers it in groups, writes and flushes them one by one.</summary>
/// <remarks>
/// <para>Three steps, each with a lock of its own. Handing over (the caller's thread, under <c>_gate</c>): checks, offsets and sequences, and encoding into
/// the group that gathers. Writing (one thread at a time, under <c>_turn</c>): one group is written and flushed while the next gathers; as soon as it is flushed
/// the next follows, without a timer, so groups are as large as the load makes them. Sealing full segments is left to <see cref="SegmentSealer"/>.</para>
/// <para>A write or flush that fails is final: what was not flushed fails with <c>LogFailed</c>, and so does everything later. Where no segment can be begun for
/// want of room, what waits fails with <c>LogFull</c>, nothing of it is stored, and writing goes on when there is room.</para>
/// <para>Lock order: <c>_turn</c>, <c>_gate</c>, a topic's gate; see <c>docs/lock-order.md</c>.</para>
/// </remarks>
internal sealed partial class Journal
{
    private static readonly TimeSpan BusyRetryAfter = TimeSpan.FromMilliseconds(10);

    private readonly Lock _turn = new();
    private readonly Lock _gate = new();
    private readonly Queue<GroupBuffer> _full = new();
    private readonly Stack<GroupBuffer> _free = new();
    private readonly FileStorageOptions _options;
    private readonly FileLogServices _services;
    private readonly RecoveredStore _store;
    private readonly SpareSegments _spares;
    private readonly SegmentSealer _sealer;
    private readonly TopicHeads _heads;
    private readonly ILogger _logger;
    private readonly LogClock _clock;
    private readonly NodeId _node;
    private readonly Action _work;
    private GroupBuffer? _gathering;
    private GroupBuffer? _inFlight;
    private long _pendingBytes;
    private long _lastTerm;
    private bool _isScheduled;
    private bool _isClosed;
    private EventMeshException? _failure;
    private string? _blocked;

    public Journal(
        RecoveredStore store, FileStorageOptions options, FileLogServices services, SpareSegments spares, SegmentSealer sealer, TopicHeads heads)
    {
        (_store, _options, _services, _spares, _sealer, _heads) = (store, options, services, spares, sealer, heads);
        _logger = services.Logger;
        _node = store.Identity.Node;
        _clock = new LogClock(services.Time, store.LastAppendUnixMs);
        _work = Work;
        _lastSegment = store.LastSegment;
        _lastGroup = store.LastGroup;

        // Terms go on over restarts without being stored: an incarnation is never used twice and no store opens 2^20 writers a millisecond.
        _lastTerm = store.Identity.Incarnation.Value << 20;
        spares.Changed += OnSparesChanged;
    }

    /// <summary>Told of every flush, on the writing thread.</summary>
    public Action<IReadOnlyList<TopicLog>> OnFlushed { get; set; } = static _ => { };

    /// <summary>How replicated batches are judged; simulations put wrong rules here to see them caught.</summary>
    public Func<TopicName, Position, ReplicaBatch, ReplicaDecision> DecideBatch { get; set; } = static (_, held, batch) => ReplicationRule.Decide(held, batch);

    /// <summary>See <see cref="IEventLog.CurrentTimeUnixMs"/>.</summary>
    public long ReadTime() => _clock.Read();

    /// <summary>Whether appends are taken, and why not.</summary>
    public (LogStatus Status, string Reason) Status
    {
        get
        {
            lock (_gate)
            {
                return _failure is not null ? (LogStatus.Failed, _failure.Message)
                    : _blocked is not null ? (LogStatus.Full, _blocked)
                    : (LogStatus.Healthy, "");
            }
        }
    }

    /// <summary>Opens the topic's next writer; older ones are fenced from here on.</summary>
    /// <exception cref="EventMeshException"><c>LogClosed</c>, <c>LogFailed</c>, <c>LogFull</c>, or <c>LogCorrupted</c> where the topic's head is damaged.</exception>
    public FileTopicWriter OpenWriter(TopicName name)
    {
        lock (_gate)
        {
            CheckOpen();
        }

        var topic = _store.Topics.FindOrCreate(name);
        while (true)
        {
            var slices = TopicHeads.SlicesOf(topic);
            var head = _heads.Load(slices);
            lock (_gate)
            {
                CheckOpen();
                lock (topic.Gate)
                {
                    if (topic.HandedOver is null && !ReferenceEquals(topic.Slices, slices))
                    {
                        continue;
                    }

                    WakeUp(topic, head);
                }

                topic.Term = new Term(++_lastTerm);
                topic.Writers++;
                return new FileTopicWriter(this, topic, topic.Term);
            }
        }
    }

    /// <summary>Says that a writer of the topic is disposed; the last one lets the topic go idle.</summary>
    public void CloseWriter(TopicLog topic)
    {
        lock (_gate)
        {
            topic.Writers--;
            Rest(topic);
        }
    }

    /// <summary>Lets the topic go idle if nothing of it is under way: its newest slice then holds its head.</summary>
    public void LetRest(IEnumerable<TopicLog> topics)
    {
        foreach (var topic in topics)
        {
            lock (_gate)
            {
                Rest(topic);
            }
        }
    }

    /// <summary>Takes nothing more, flushes what was handed over, seals the last segment and writes down that the store is closed.</summary>
    public void Close()
    {
        lock (_turn)
        {
            lock (_gate)
            {
                if (_isClosed)
                {
                    return;
                }

                _isClosed = true;
            }

            _spares.Changed -= OnSparesChanged;
            WriteAll();
            lock (_gate)
            {
                _isScheduled = true;
            }

            Discard(new EventMeshException(MeshErrorCode.LogClosed, $"The log of '{_node}' was closed before it had room for what was handed over."));
            CloseSegments();
        }
    }

    private void WakeUp(TopicLog topic, TopicHead? head)
    {
        if (topic.HandedOver is not null)
        {
            return;
        }

        topic.HandedOver = _heads.Track(head);
        topic.Wake(_heads.Track(head));
    }

    private static void Rest(TopicLog topic)
    {
        lock (topic.Gate)
        {
            if (topic.Writers == 0 && topic.LastSignal is null && topic.Open.Length == 0)
            {
                topic.HandedOver = null;
                topic.Sleep();
            }
        }
    }

    private void CheckOpen()
    {
        if (_isClosed)
        {
            throw Closed();
        }

        if (_failure is not null)
        {
            throw new EventMeshException(_failure.Code, _failure.Message);
        }
    }

    private EventMeshException Closed() => new(MeshErrorCode.LogClosed, $"The log of '{_node}' is closed.");
}
