using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>Consecutive events of one origin on one topic, on their way to another node's log.</summary>
/// <param name="Origin">The node that they were published at.</param>
/// <param name="Incarnation">The origin's incarnation when it appended them: one for the whole batch.</param>
/// <param name="Previous">The position before the first event: what the receiver must hold to take the batch.</param>
/// <param name="FirstSequence">Sequence of the first event; follows <paramref name="Previous"/> where the incarnation is the same.</param>
/// <param name="Hops">Links crossed so far, the one that it came by included; at most 16.</param>
/// <param name="Events">The events.</param>
public sealed record ReplicaBatch(
    NodeId Origin, Incarnation Incarnation, Position Previous, long FirstSequence, int Hops, EventBatch Events)
{
    /// <summary>Most links that an event may cross.</summary>
    public const int MaxHops = 16;

    /// <summary>Position of the first event.</summary>
    public Position First => new(Incarnation, FirstSequence);

    /// <summary>Position of the last event.</summary>
    public Position Last => new(Incarnation, FirstSequence + Events.Count - 1);
}
