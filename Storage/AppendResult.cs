using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage;

/// <summary>Where an append ended up.</summary>
/// <param name="FirstOffset">Offset of its first event; the others follow without a hole.</param>
/// <param name="First">Position of its first event at this node; the others follow.</param>
/// <param name="Count">How many events.</param>
/// <param name="Durability">The durability that was reached.</param>
/// <param name="IsDuplicate">Whether the producer had sent the batch before: the rest is what its first append ended with.</param>
public readonly record struct AppendResult(LogOffset FirstOffset, Position First, int Count, Durability Durability, bool IsDuplicate = false);

/// <summary>What became of a replicated batch or gap.</summary>
/// <param name="Verdict">What was decided.</param>
/// <param name="Held">The origin's position after it, flushed: the truth that is acknowledged, or resumed from.</param>
/// <param name="Stored">Records stored.</param>
/// <param name="Duplicates">Events dropped because they were held already.</param>
/// <param name="Rewound">Whether the origin turned out to have lost events that this log holds (reported as <c>OriginRewound</c>).</param>
public readonly record struct ReplicateResult(ReplicaVerdict Verdict, Position Held, int Stored, int Duplicates, bool Rewound);
