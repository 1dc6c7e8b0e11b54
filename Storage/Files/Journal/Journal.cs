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
    private const int TrimShare = 64;
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
    private readonly DurabilityRules _durabilities;
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
        _durabilities = new DurabilityRules(options);
        _work = Work;
        _lastSegment = store.LastSegment;
        _lastGroup = store.LastGroup;

        // Terms go on over restarts without being stored: an incarnation is never used twice and no store opens 2^20 writers a millisecond.
        _lastTerm = store.Identity.Incarnation.Value << 20;
        spares.Changed += OnSparesChanged;
    }

    /// <summary>Bytes of a segment that records do not get where it may be the last: for trims, deletes and heads.</summary>
    public static int RoomForTrims(FileStorageOptions options) => options.SegmentBytes / TrimShare;

    /// <summary>Told of every flush, on the writing thread.</summary>
    public Action<IReadOnlyList<TopicLog>> OnFlushed { get; set; } = static _ => { };

    /// <summary>How replicated batches are judged; simulations put wrong rules here to see them caught.</summary>
    public Func<TopicName, Position, ReplicaBatch, ReplicaDecision> DecideBatch { get; set; } = static (_, held, batch) => ReplicationRule.Decide(held, batch);

    /// <summary>See <see cref="FileLogServices.ContinuesInContext"/>.</summary>
    public bool ContinuesInContext => _services.ContinuesInContext;

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

        var (writer, schedule) = Awake(_store.Topics.FindOrCreate(name), topic =>
        {
            CheckOpen();
            SkipDoubt(topic);
            topic.Term = new Term(++_lastTerm);
            topic.Writers++;
            return (new FileTopicWriter(this, topic, topic.Term, _durabilities.For(topic.Name)), NeedsWork());
        });
        ScheduleIf(schedule);
        return writer;
    }

    /// <summary>Moves a topic's start up to <paramref name="start"/> for the store's own sake: no writer is fenced or asked.</summary>
    /// <exception cref="EventMeshException"><c>LogClosed</c>, <c>LogFailed</c>, <c>LogCorrupted</c>.</exception>
    /// <exception cref="IOException">The topic's head cannot be read.</exception>
    public void Retain(TopicLog topic, long start) => ScheduleIf(Awake(topic, awake =>
    {
        CheckOpen();
        SkipDoubt(awake);
        AddTrim(awake, start, isDelete: false);
        Rest(awake);
        return NeedsWork();
    }));

    /// <summary>Writes a topic's head into the segment that is written, because the segment that has the newest one is about to go.</summary>
    /// <remarks>Does nothing where a newer slice has it already, or will. It counts once it is flushed.</remarks>
    /// <exception cref="EventMeshException"><c>LogClosed</c>, <c>LogFailed</c>, <c>LogCorrupted</c>.</exception>
    /// <exception cref="IOException">The topic's head cannot be read.</exception>
    public void CarryHead(TopicLog topic) => ScheduleIf(Awake(topic, awake =>
    {
        CheckOpen();
        if (awake.LastSignal is null && IsSealed(awake))
        {
            // All that was handed over is flushed, so the two heads say the same, but only this one knows the groups and the runs that the batches became.
            var head = FlushedHead(awake);
            var bytes = new FieldWriter();
            TopicHeadCodec.Write(bytes, head);
            var run = new RunDescriptor
            {
                Kind = RunKind.Head,
                FirstOffset = head.Next,
                Count = 0,
                AppendTimeUnixMs = _clock.Stamp(),
                Crc = Crc32C.Compute(bytes.Written),
            };
            Add(awake, run, bytes.Written);
        }

        Rest(awake);
        return NeedsWork();
    }));

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

    /// <summary>Runs <paramref name="action"/> under the gate while the topic has its heads in memory; an idle topic's is read first, outside the gate.</summary>
    private T Awake<T>(TopicLog topic, Func<TopicLog, T> action)
    {
        while (true)
        {
            var slices = Array.Empty<SegmentSlice>();
            var head = topic.HandedOver is null ? _heads.Load(topic, out slices) : null;
            lock (_gate)
            {
                CheckNotForgotten(topic);
                if (topic.HandedOver is null && !TryWake(topic, slices, head))
                {
                    continue;
                }

                return action(topic);
            }
        }
    }

    /// <summary>False when the slices that the head was read from are no longer the topic's: another writer has come and gone meanwhile.</summary>
    private bool TryWake(TopicLog topic, SegmentSlice[] slices, TopicHead? head)
    {
        lock (topic.Gate)
        {
            if (!ReferenceEquals(topic.Slices, slices) || (slices.Length > 0 && head is null))
            {
                return false;
            }

            topic.HandedOver = _heads.Track(head, topic);
            topic.Wake(_heads.Track(head, topic));
            return true;
        }
    }

    private static TopicHead FlushedHead(TopicLog topic)
    {
        lock (topic.Gate)
        {
            return topic.Flushed!.Build();
        }
    }

    private static bool IsSealed(TopicLog topic)
    {
        lock (topic.Gate)
        {
            return topic.Open.Length == 0;
        }
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
