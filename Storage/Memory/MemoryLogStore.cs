using System.Collections.Concurrent;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Storage.Memory;

/// <summary>A node's logs in the memory of one process. Silos of one process may share it; each opens a view of its own.</summary>
/// <remarks>
/// <para>Nothing survives the process: receipts name <see cref="Core.Events.Durability.Memory"/> whatever was asked. A flush here only moves
/// the read limit, but the order of things is that of a durable store, so what works over this one works over those.</para>
/// <para>Bounded: topics (those that were deleted count, for their numbering goes on as long as the process lives), bytes per topic, bytes in all (the oldest segments go, readers below get a gap) and bytes that wait for a flush. The node's own state (<see cref="TopicName.IsState"/>) counts in full but
/// is never taken.</para>
/// <para>Threads: one gate for whatever writes, one per topic inside it for what readers look up; see <c>docs/lock-order.md</c>.
/// Listeners and waiters are called outside both.</para>
/// </remarks>
public sealed partial class MemoryLogStore
{
    private static readonly TopicName TopicsEnd = TopicName.Parse(new string('z', TopicName.MaxBytes));

    private readonly Lock _gate = new();
    private readonly Lock _flushing = new();
    private readonly ConcurrentDictionary<TopicName, TopicLog> _topics = new();
    private readonly SortedSet<TopicName> _names = [];
    private readonly LinkedList<Segment> _segments = new();
    private readonly HashSet<TopicLog> _waitingTrims = [];
    private readonly HashSet<MemoryEventLog> _views = [];
    private readonly MemoryStorageOptions _options;
    private readonly TimeProvider _timeProvider;
    private readonly LogClock _clock;
    private readonly Action _flush;
    private readonly IWorkScheduler _scheduler;
    private readonly ILogger _logger;
    private NodeIdentity _identity;
    private FlushGroup? _gathering;
    private bool _flushScheduled;
    private EventMeshException? _failure;
    private long _cost;
    private long _flushVersion;

    /// <summary>Creates an empty store that belongs to <paramref name="node"/>.</summary>
    /// <param name="node">The node.</param>
    /// <param name="options">Limits; checked by <see cref="MemoryStorageOptionsValidator"/> where they come from configuration.</param>
    /// <param name="timeProvider">The clock that stamps appends.</param>
    /// <param name="scheduler">When to flush; as soon as possible if null.</param>
    /// <param name="logger">For what listeners do wrong.</param>
    public MemoryLogStore(
        NodeId node, MemoryStorageOptions options, TimeProvider timeProvider, IWorkScheduler? scheduler = null, ILogger<MemoryLogStore>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(timeProvider);
        ArgumentOutOfRangeException.ThrowIfEqual(node.IsEmpty, true, nameof(node));
        _options = options;
        _timeProvider = timeProvider;
        _clock = new LogClock(timeProvider);
        _flush = Flush;
        _scheduler = scheduler ?? ThreadPoolWorkScheduler.Instance;
        _logger = logger ?? NullLogger<MemoryLogStore>.Instance;
        _identity = new NodeIdentity(node, default);
    }

    /// <summary>The node that the store belongs to.</summary>
    public NodeId Node => _identity.Node;

    /// <summary>Opens a view for a silo. The first begins a new incarnation, those that join while one is open share it.</summary>
    /// <param name="heardOf">The greatest incarnation of this node that others know; the new one is greater.</param>
    public IEventLog OpenLog(Incarnation heardOf = default)
    {
        lock (_gate)
        {
            if (_views.Count == 0)
            {
                var last = _identity.Incarnation > heardOf ? _identity.Incarnation : heardOf;
                _identity = _identity with { Incarnation = Incarnation.Next(last, _timeProvider.GetUtcNow()) };
            }

            var view = new MemoryEventLog(this, _identity);
            _views.Add(view);
            return view;
        }
    }

    /// <summary>What a power failure does: whatever is not flushed is gone, its waiters fail, and every view and writer is closed.</summary>
    public void LoseUnflushed()
    {
        lock (_flushing)
        {
            lock (_gate)
            {
                foreach (var view in _views)
                {
                    view.MarkClosed();
                }

                _views.Clear();
                Discard(new EventMeshException(MeshErrorCode.LogClosed, $"The store of '{Node}' lost its power before it flushed."));
            }
        }
    }

    /// <summary>What a broken device does: whatever is not flushed is gone, and nothing is written from now on. Reading goes on.</summary>
    public void Fail(string reason)
    {
        lock (_flushing)
        {
            lock (_gate)
            {
                _failure = new EventMeshException(MeshErrorCode.LogFailed, $"The store of '{Node}' failed: {reason}");
                Discard(_failure);
            }
        }
    }

    /// <summary>How replicated batches are judged; simulations put wrong rules here to see them caught.</summary>
    internal Func<TopicName, Position, ReplicaBatch, ReplicaDecision> DecideBatch { get; set; } = static (_, held, batch) => ReplicationRule.Decide(held, batch);

    internal long FlushVersion => Volatile.Read(ref _flushVersion);

    internal LogHealth Health => Volatile.Read(ref _failure) is { } failure
        ? new LogHealth(LogStatus.Failed, failure.Message, 0, "memory")
        : new LogHealth(LogStatus.Healthy, "", 0, "memory");

    internal ILogger Logger => _logger;

    internal long ReadTime() => _clock.Read();

    internal TopicLog? Find(TopicName topic) => _topics.GetValueOrDefault(topic);

    internal MemoryTopicWriter OpenWriter(MemoryEventLog view, TopicName topic)
    {
        lock (_gate)
        {
            CheckOpen(view);
            var log = Find(topic) ?? Create(topic);
            lock (log.Gate)
            {
                log.Term = new Term(log.Term.Value + 1);
                return new MemoryTopicWriter(this, view, log, log.Term);
            }
        }
    }

    internal List<TopicSummary> ListTopics(TopicName after, int limit)
    {
        var summaries = new List<TopicSummary>();
        lock (_names)
        {
            // The view's lower bound is inclusive; the default name sorts before every topic.
            foreach (var topic in _names.GetViewBetween(after, TopicsEnd))
            {
                if (summaries.Count == limit)
                {
                    break;
                }

                if (topic != after && Summarise(topic) is { } summary)
                {
                    summaries.Add(summary);
                }
            }
        }

        return summaries;
    }

    internal void Close(MemoryEventLog view)
    {
        lock (_gate)
        {
            view.MarkClosed();
            _views.Remove(view);
        }
    }
}
