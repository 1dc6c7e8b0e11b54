using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Simulation.Tests.Nodes;
using EventMesh.Storage.Memory;

namespace EventMesh.Simulation.Tests.Stores;

/// <summary>Stores that break one rule each.</summary>
internal static class BrokenStores
{
    /// <summary>How a node of this build judges what other nodes send; null for as the product does.</summary>
    public static Func<TopicName, Position, ReplicaBatch, ReplicaDecision>? RuleOf(SimVariant variant)
    {
        if (variant == SimVariant.NoContiguityCheck)
        {
            return static (_, held, batch) => TakeAbove(held, batch);
        }

        if (variant != SimVariant.DuplicateByHighestSeen)
        {
            return null;
        }

        var seen = new Dictionary<(TopicName, NodeId), Position>();
        return (topic, held, batch) =>
        {
            var highest = seen.GetValueOrDefault((topic, batch.Origin));
            seen[(topic, batch.Origin)] = batch.Last > highest ? batch.Last : highest;
            var decision = ReplicationRule.Decide(held, batch);
            return decision.Verdict == ReplicaVerdict.Take && batch.Last <= highest ? new(ReplicaVerdict.Duplicate) : decision;
        };
    }

    /// <summary>Makes a topic's unflushed records readable. <paramref name="flushed"/> remembers up to where they are flushed.</summary>
    public static void Expose(MemoryLogStore store, TopicName topic, Dictionary<TopicName, long> flushed)
    {
        var log = store.Find(topic)!;
        flushed.TryAdd(topic, log.Limit);
        log.Limit = log.Next;
    }

    /// <summary>Hides again what was exposed, so that a power failure takes it.</summary>
    public static void Hide(MemoryLogStore store, Dictionary<TopicName, long> flushed)
    {
        foreach (var (topic, limit) in flushed)
        {
            store.Find(topic)!.Limit = limit;
        }

        flushed.Clear();
    }

    private static ReplicaDecision TakeAbove(Position held, ReplicaBatch batch) =>
        batch.Last <= held ? new(ReplicaVerdict.Duplicate)
        : batch.Incarnation == held.Incarnation && batch.FirstSequence <= held.Sequence
            ? new(ReplicaVerdict.Take, Skip: (int)(held.NextSequence - batch.FirstSequence))
            : new(ReplicaVerdict.Take);
}
