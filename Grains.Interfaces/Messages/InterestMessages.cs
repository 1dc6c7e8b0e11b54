using Orleans;

namespace EventMesh.Grains.Interfaces.Messages;

/// <summary>Everything that one silo contributes to the node's interest; replaces what it stated before.</summary>
/// <param name="Silo">The silo's address in its parsable form.</param>
/// <param name="Version">The silo's own number for this state; greater is newer, restating is harmless.</param>
/// <param name="Wanted">Patterns of the silo's sessions: announced to peers.</param>
/// <param name="Woken">Patterns of peers whose links run on the silo: only for wake-ups, never announced.</param>
/// <param name="Observer">How the others reach the silo.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.interest-set")]
public sealed record InterestSet(
    [property: Id(0)] string Silo,
    [property: Id(1)] long Version,
    [property: Id(2)] string[] Wanted,
    [property: Id(3)] string[] Woken,
    [property: Id(4)] ISiloObserver Observer);

/// <summary>What a statement of interest led to.</summary>
/// <param name="Epoch">Of the grain's activation; a change tells every silo to state its set again.</param>
/// <param name="TableVersion">Version of the node's table that holds the set.</param>
/// <param name="Sets">The sets of all silos as the grain knows them; empty when the caller's view was current.</param>
/// <param name="IsComplete">Whether every mesh silo of the membership has stated its set to this activation.</param>
/// <param name="IsApplied">Whether every mesh silo of the membership has applied the set that was stated.</param>
[GenerateSerializer, Immutable, Alias("eventmesh.interest-reply")]
public sealed record InterestReply(
    [property: Id(0)] long Epoch,
    [property: Id(1)] long TableVersion,
    [property: Id(2)] InterestSet[] Sets,
    [property: Id(3)] bool IsComplete,
    [property: Id(4)] bool IsApplied);
