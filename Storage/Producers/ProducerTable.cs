using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Producers;

/// <summary>The producers that a topic remembers: decides whether a batch is its producer's next, or one that is stored already. One thread at a time.</summary>
/// <remarks>
/// <para>A function of the batches observed and their times, which never go back: a store that observes what it reads back from its log, in
/// order, decides as it did before.</para>
/// <para>Bounded by <paramref name="maxProducers"/>. When they are that many, a new one takes the place of the one that is idle longest, but only if
/// that has been idle for <see cref="MinIdle"/>: else a crowd of new producers could make the log forget one that is about to repeat a batch.
/// Until then new ones are told <c>Busy</c>.</para>
/// </remarks>
/// <param name="maxProducers">Most producers, 1 or more.</param>
/// <param name="memory">After how long without a batch a producer is forgotten; <see cref="MinIdle"/> or more.</param>
internal sealed class ProducerTable(int maxProducers, TimeSpan memory)
{
    /// <summary>The last batches of a producer that a repeat is recognised among.</summary>
    public const int RecentBatches = 5;

    /// <summary>How long a producer keeps its place whatever happens: longer than clients go on repeating a batch.</summary>
    public static readonly TimeSpan MinIdle = TimeSpan.FromMinutes(5);

    private readonly Dictionary<ProducerId, LinkedListNode<Entry>> _producers = [];
    private readonly LinkedList<Entry> _byIdleTime = new();
    private readonly long _memoryMs = (long)memory.TotalMilliseconds;

    /// <summary>Producers that are remembered.</summary>
    public int Count => _producers.Count;

    /// <summary>Takes up what a head holds; where that is more than the limit, those that are idle longest are left out.</summary>
    public static ProducerTable From(IReadOnlyList<ProducerHead> heads, int maxProducers, TimeSpan memory)
    {
        var table = new ProducerTable(maxProducers, memory);
        foreach (var head in heads.OrderBy(static head => head.LastSeenUnixMs))
        {
            foreach (var batch in head.Recent)
            {
                table.Observe(head.Producer, batch, head.LastSeenUnixMs);
            }
        }

        return table;
    }

    /// <summary>Everything that is remembered, the producers that are idle longest first.</summary>
    public IReadOnlyList<ProducerHead> ToHeads() =>
        [.. _byIdleTime.Select(static entry => new ProducerHead(entry.Producer, entry.LastSeenUnixMs, entry.Recent.ToArray()))];

    /// <summary>Decides on a batch; changes nothing.</summary>
    /// <param name="stamp">Its producer and first number; not nobody.</param>
    /// <param name="count">How many events it has.</param>
    /// <param name="nowUnixMs">The log's time.</param>
    /// <returns>
    /// Null if it is the producer's next. Else what is stored already: the part of a remembered batch with the same numbers. (A store may remember
    /// batches that went into one group as one, so a repeat may be a part.)
    /// </returns>
    /// <exception cref="EventMeshException"><c>ProducerOutOfOrder</c>, <c>ProducerUnknown</c>, <c>Busy</c>, or <c>InvalidArgument</c> for a number
    /// that there is not.</exception>
    public ProducerBatch? Decide(ProducerStamp stamp, int count, long nowUnixMs)
    {
        var (producer, first) = stamp;
        if (first < 0 || first > long.MaxValue - count)
        {
            throw new EventMeshException(MeshErrorCode.InvalidArgument, $"Producer '{producer}' numbers a batch of {count} events from {first}.");
        }

        if (!_producers.TryGetValue(producer, out var node) || IsForgotten(node.Value, nowUnixMs))
        {
            RefuseUnlessNew(stamp, nowUnixMs);
            return null;
        }

        var entry = node.Value;
        return first == entry.NextSequence ? null : entry.Find(first, count) ?? throw new EventMeshException(
            MeshErrorCode.ProducerOutOfOrder,
            $"Producer '{producer}' sent {count} events from number {first} on, but {entry.NextSequence} comes next, and it is none of its last {RecentBatches} batches.");
    }

    /// <summary>Takes note of a batch that was appended.</summary>
    /// <param name="producer">The producer.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="timeUnixMs">When it was appended.</param>
    /// <param name="isRest">Whether it belongs to the batch before, if it continues that: a store may keep a batch in parts, but it is repeated as a whole.</param>
    public void Observe(ProducerId producer, in ProducerBatch batch, long timeUnixMs, bool isRest = false)
    {
        if (_producers.TryGetValue(producer, out var node))
        {
            _byIdleTime.Remove(node);
        }

        MakeRoom(timeUnixMs);
        if (node is null || IsForgotten(node.Value, timeUnixMs))
        {
            node = new LinkedListNode<Entry>(new Entry(producer));
            _producers[producer] = node;
        }

        if (!isRest || !node.Value.TryExtend(batch))
        {
            node.Value.Add(batch);
        }

        node.Value.LastSeenUnixMs = timeUnixMs;
        _byIdleTime.AddLast(node);
    }

    private bool IsForgotten(Entry entry, long nowUnixMs) => nowUnixMs - entry.LastSeenUnixMs > _memoryMs;

    private void RefuseUnlessNew(ProducerStamp stamp, long nowUnixMs)
    {
        if (stamp.FirstSequence > 0)
        {
            throw new EventMeshException(
                MeshErrorCode.ProducerUnknown, $"Producer '{stamp.Producer}' is not known to the topic (any more); only its number 0 would be taken, not {stamp.FirstSequence}.");
        }

        var waitMs = _producers.Count < maxProducers ? 0 : _byIdleTime.First!.Value.LastSeenUnixMs + (long)MinIdle.TotalMilliseconds - nowUnixMs;
        if (waitMs > 0)
        {
            throw new EventMeshException(
                MeshErrorCode.Busy, $"The topic remembers {_producers.Count} producers, which is the limit, and each has published within {MinIdle.TotalMinutes} minutes.")
            {
                RetryAfter = TimeSpan.FromMilliseconds(waitMs),
            };
        }
    }

    /// <summary>Forgets whom the time has come for, and whom there is no room for beside one more.</summary>
    private void MakeRoom(long nowUnixMs)
    {
        while (_byIdleTime.First is { } oldest && (_byIdleTime.Count >= maxProducers || IsForgotten(oldest.Value, nowUnixMs)))
        {
            _byIdleTime.RemoveFirst();
            _producers.Remove(oldest.Value.Producer);
        }
    }

    /// <summary>A producer and its last batches, oldest first. Most producers that come and go send few: the room grows with them.</summary>
    private sealed class Entry(ProducerId producer)
    {
        private ProducerBatch[] _batches = new ProducerBatch[1];
        private int _count;

        public ProducerId Producer { get; } = producer;

        public long LastSeenUnixMs { get; set; }

        public ReadOnlySpan<ProducerBatch> Recent => _batches.AsSpan(0, _count);

        public long NextSequence => Recent[^1].FirstSequence + Recent[^1].Count;

        public void Add(in ProducerBatch batch)
        {
            if (_count == RecentBatches)
            {
                _batches.AsSpan(1).CopyTo(_batches);
                _count--;
            }
            else if (_count == _batches.Length)
            {
                Array.Resize(ref _batches, RecentBatches);
            }

            _batches[_count++] = batch;
        }

        /// <summary>Adds a batch to the last one; false when it does not continue that.</summary>
        public bool TryExtend(in ProducerBatch batch)
        {
            if (_count == 0)
            {
                return false;
            }

            ref var last = ref _batches[_count - 1];
            var continues = last.FirstSequence + last.Count == batch.FirstSequence
                && last.FirstOffset + last.Count == batch.FirstOffset
                && last.First.Incarnation == batch.First.Incarnation;
            last = continues ? last with { Count = last.Count + batch.Count } : last;
            return continues;
        }

        public ProducerBatch? Find(long first, int count)
        {
            foreach (var batch in Recent)
            {
                var skipped = first - batch.FirstSequence;
                if (skipped >= 0 && skipped + count <= batch.Count)
                {
                    return new ProducerBatch(first, count, batch.FirstOffset + skipped, new Position(batch.First.Incarnation, batch.First.Sequence + skipped));
                }
            }

            return null;
        }
    }
}
