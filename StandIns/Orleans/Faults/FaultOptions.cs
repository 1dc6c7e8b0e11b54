// What may go wrong between grains, on purpose, in tests.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace EventMesh.StandIns;

/// <summary>The real runtime does all of this, seldom and by its own choice; here it is often, and steered by a seed.</summary>
public sealed class FaultOptions
{
    /// <summary>The seed of all choices. Threads still race, so a seed repeats the choices, not the interleaving.</summary>
    public int Seed { get; set; }

    /// <summary>Whether calls and answers overtake each other at random. Default: false.</summary>
    public bool ReorderCalls { get; set; }

    /// <summary>The share, 0 to 1, of answers that are lost after their effect: the caller times out. Default: 0.</summary>
    public double LoseResponses { get; set; }

    /// <summary>The chance, 0 to 1, that an activation is deactivated when it becomes idle. Default: 0.</summary>
    public double DeactivateIdle { get; set; }
}
