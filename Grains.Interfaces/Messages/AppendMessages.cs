using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using Orleans;

namespace EventMesh.Grains.Interfaces.Messages;

/// <summary>Events to append, packed as an <see cref="EventBatch"/>: one buffer, so that a call carries one block of bytes.</summary>
/// <param name="Count">How many events.</param>
/// <param name="Packed">The events.</param>
/// <param name="Durability">What the reply waits for.</param>
/// <param name="Producer">Who numbers them; null or empty for nobody, as in the messages of releases that knew no producers.</param>
/// <param name="ProducerSequence">The producer's number of the first event.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.append-request")]
public sealed record AppendRequest(
    [property: Id(0)] int Count,
    [property: Id(1)] byte[] Packed,
    [property: Id(2)] Durability Durability,
    [property: Id(3)] string? Producer = null,
    [property: Id(4)] long ProducerSequence = 0);

/// <summary>What became of an append. Expected refusals are codes, not exceptions.</summary>
/// <param name="Code"><see cref="MeshErrorCode.None"/> when it was stored at the durability named; else nothing was stored.</param>
/// <param name="Message">What to do about a refusal; empty on success.</param>
/// <param name="RetryAfterMs">Hint for transient refusals, in milliseconds.</param>
/// <param name="FirstOffset">Offset of the first event.</param>
/// <param name="Incarnation">Incarnation that the events got.</param>
/// <param name="FirstSequence">Sequence of the first event; the others follow.</param>
/// <param name="Durability">The durability reached.</param>
/// <param name="IsDuplicate">Whether an earlier append of the same producer had stored the events, which this reply then describes.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.append-reply")]
public sealed record AppendReply(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] long RetryAfterMs,
    [property: Id(3)] long FirstOffset,
    [property: Id(4)] long Incarnation,
    [property: Id(5)] long FirstSequence,
    [property: Id(6)] Durability Durability,
    [property: Id(7)] bool IsDuplicate = false);
