using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;

namespace EventMesh.Simulation.Tests.Checking;

/// <summary>The truth, kept beside the nodes: what each origin has flushed, byte by byte, and since when each node's interest has been known where.</summary>
internal sealed class Oracle
{
    private readonly Dictionary<(NodeId Node, TopicName Topic), SortedList<Position, FlushedEvent>> _events = [];
    private readonly Dictionary<(NodeId Node, TopicName Topic), LogOffset> _captured = [];
    private readonly Dictionary<NodeId, long> _stores = [];
    private readonly Dictionary<(NodeIdentity At, NodeId Of), Dictionary<TopicPattern, long>> _since = [];
    private readonly Dictionary<(NodeIdentity At, NodeId Of), Dictionary<TopicPattern, long>> _everSince = [];

    /// <summary>Events that were flushed at their origin.</summary>
    public long Count { get; private set; }

    /// <summary>Events whose publisher has a receipt.</summary>
    public long Receipts { get; private set; }

    /// <summary>Whether the node has lost its store at least once.</summary>
    public bool HasLostStore(NodeId node) => _stores[node] > 1;

    public void BeginStore(NodeId node, long number)
    {
        _stores[node] = number;
        foreach (var key in _captured.Keys.Where(key => key.Node == node).ToArray())
        {
            _captured.Remove(key);
        }
    }

    /// <summary>A flush has moved the end of a topic: from now on its events are there for good.</summary>
    public void Flushed(NodeId node, IEventLog log, TopicAdvance advance)
    {
        var key = (node, advance.Topic);
        if (!_events.TryGetValue(key, out var events))
        {
            _events[key] = events = [];
        }

        var next = _captured.GetValueOrDefault(key);
        while (next < advance.End)
        {
            using var batch = log.GetReader(advance.Topic).Now(next);
            foreach (var record in batch.Records.Where(record => record.Origin == node && record.Kind == RecordKind.Event))
            {
                events.Add(record.Position, new FlushedEvent(record.Body.ToArray(), record.TimeUnixMs, _stores[node]));
                Count++;
            }

            next = batch.Next;
        }

        _captured[key] = next;
    }

    /// <summary>A store was opened: it holds everything that it has ever shown, and what else it has is there for good.</summary>
    public void Opened(NodeId node, IEventLog log, TopicName topic)
    {
        var (shown, end) = (_captured.GetValueOrDefault((node, topic)), log.GetReader(topic).Bounds.End);
        if (end < shown)
        {
            throw new SimViolation($"{node} has shown {topic} up to {shown}, but its log ends at {end}.");
        }

        Flushed(node, log, new TopicAdvance(topic, end));
    }

    /// <summary>A publisher has its receipt: what it sent must be what was flushed under the positions that the receipt names.</summary>
    public void Acknowledged(NodeId node, TopicName topic, AppendResult receipt, EventBatch events)
    {
        var reader = new EventBatchReader(events);
        for (var sequence = receipt.First.Sequence; reader.MoveNext(); sequence++)
        {
            Receipts++;
            if (Find(node, topic, new Position(receipt.First.Incarnation, sequence)) is not { } flushed || !reader.Body.Span.SequenceEqual(flushed.Body))
            {
                throw new SimViolation($"The receipt of {node} for {topic} {receipt.First.Incarnation}/{sequence} is not true.");
            }
        }
    }

    public FlushedEvent? Find(NodeId node, TopicName topic, Position position) =>
        _events.TryGetValue((node, topic), out var events) ? events.GetValueOrDefault(position) : null;

    /// <summary>The events that a gap stands for and that its origin has not lost.</summary>
    public IEnumerable<KeyValuePair<Position, FlushedEvent>> Within(NodeId node, TopicName topic, Gap gap) =>
        _events.TryGetValue((node, topic), out var events)
            ? events.Where(pair => pair.Key > gap.From && pair.Key <= gap.To && pair.Value.Store == _stores[node])
            : [];

    /// <summary>A process of one node knows what another wants. A pattern that it knew already keeps its time.</summary>
    public void InterestApplied(NodeIdentity at, NodeId of, IReadOnlyList<TopicPattern> patterns, long sinceUnixMs)
    {
        var before = _since.GetValueOrDefault((at, of));
        var now = patterns.ToDictionary(pattern => pattern, pattern => before?.GetValueOrDefault(pattern, sinceUnixMs) ?? sinceUnixMs);
        _since[(at, of)] = now;
        var ever = _everSince[(at, of)] = _everSince.GetValueOrDefault((at, of)) ?? [];
        foreach (var (pattern, since) in now)
        {
            ever[pattern] = since;
        }
    }

    /// <summary>Since when <paramref name="at"/> has known without a break that <paramref name="of"/> wants the topic. Where that has just ended, since when
    /// it did at the latest; null if it never knew.</summary>
    public long? Since(NodeIdentity at, NodeId of, TopicName topic)
    {
        var now = Matching(_since, at, of, topic);
        var ever = Matching(_everSince, at, of, topic);
        return now.Length > 0 ? now.Min() : ever.Length > 0 ? ever.Max() : null;
    }

    private static long[] Matching(
        Dictionary<(NodeIdentity At, NodeId Of), Dictionary<TopicPattern, long>> times, NodeIdentity at, NodeId of, TopicName topic) =>
        times.GetValueOrDefault((at, of))?.Where(pair => pair.Key.Matches(topic)).Select(pair => pair.Value).ToArray() ?? [];
}

/// <summary>An event as its origin flushed it, and to which of its stores.</summary>
internal sealed record FlushedEvent(byte[] Body, long TimeUnixMs, long Store);
