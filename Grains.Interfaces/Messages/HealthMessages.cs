using Orleans;

namespace EventMesh.Grains.Interfaces.Messages;

/// <summary>The health of the silo that answered.</summary>
/// <param name="Node">Its node id.</param>
/// <param name="Incarnation">The node's incarnation.</param>
/// <param name="IsLive">False when only a restart of the process can help.</param>
/// <param name="IsReady">Whether clients are served.</param>
/// <param name="IsInterestSynced">Whether every connected peer has applied the node's newest interest.</param>
/// <param name="Problems">What is wrong, in sentences; empty when all is well.</param>
/// <param name="Warnings">What a person should look at although the silo serves, in sentences.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.health-reply")]
public sealed record HealthReply(
    [property: Id(0)] string Node,
    [property: Id(1)] long Incarnation,
    [property: Id(2)] bool IsLive,
    [property: Id(3)] bool IsReady,
    [property: Id(4)] bool IsInterestSynced,
    [property: Id(5)] string[] Problems,
    [property: Id(6)] string[] Warnings);
