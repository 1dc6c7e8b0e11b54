using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using Orleans;

namespace EventMesh.Grains.Interfaces.Messages;

/// <summary>One batch, or one gap, of another node's events; a request holds several for one topic and origin, in order.</summary>
/// <param name="Incarnation">The batch's incarnation.</param>
/// <param name="PreviousIncarnation">Position before the first event; zero with sequence -1 for none.</param>
/// <param name="PreviousSequence">See <paramref name="PreviousIncarnation"/>.</param>
/// <param name="FirstSequence">Sequence of the first event.</param>
/// <param name="Hops">Links crossed.</param>
/// <param name="Count">Events; zero when this is a gap.</param>
/// <param name="BaseTimeUnixMs">Base time of the packed events.</param>
/// <param name="Bytes">Packed events, or the encoded gap (<see cref="GapBody"/>).</param>
[GenerateSerializer, Immutable, Alias("eventmesh.replica")]
public sealed record Replica(
    [property: Id(0)] long Incarnation,
    [property: Id(1)] long PreviousIncarnation,
    [property: Id(2)] long PreviousSequence,
    [property: Id(3)] long FirstSequence,
    [property: Id(4)] int Hops,
    [property: Id(5)] int Count,
    [property: Id(6)] long BaseTimeUnixMs,
    [property: Id(7)] byte[] Bytes);

/// <summary>Replicas of one origin for the topic that the call addresses, in order.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.replicate-request")]
public sealed record ReplicateRequest(
    [property: Id(0)] string Origin,
    [property: Id(1)] Replica[] Replicas);

/// <summary>What became of one replica.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.replica-outcome")]
public sealed record ReplicaOutcome(
    [property: Id(0)] ReplicaVerdict Verdict,
    [property: Id(1)] long HeldIncarnation,
    [property: Id(2)] long HeldSequence,
    [property: Id(3)] int Stored,
    [property: Id(4)] int Duplicates,
    [property: Id(5)] bool Rewound);

/// <summary>Outcomes in the order of the request; with a code other than none, of those replicas that were decided before the failure.</summary>
[GenerateSerializer, Immutable, Alias("eventmesh.replicate-reply")]
public sealed record ReplicateReply(
    [property: Id(0)] MeshErrorCode Code,
    [property: Id(1)] string Message,
    [property: Id(2)] long RetryAfterMs,
    [property: Id(3)] ReplicaOutcome[] Outcomes);
