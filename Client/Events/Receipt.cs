using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Client.Events;

/// <summary>What a publish returns: where the event is stored, and how safely. The durability that it names has been reached.</summary>
/// <param name="Origin">The node, and its incarnation, that the event was published at.</param>
/// <param name="Sequence">The event's sequence among that node's events of the topic: with origin and topic its identity in the whole mesh.</param>
/// <param name="Offset">Its offset in that node's log of the topic.</param>
/// <param name="Durability">The durability reached; less than asked for where the node's store has no more.</param>
/// <param name="IsDuplicate">Whether an earlier attempt, of this client or of another one with the same producer and number, had stored the event.</param>
public readonly record struct Receipt(NodeIdentity Origin, long Sequence, LogOffset Offset, Durability Durability, bool IsDuplicate = false);
