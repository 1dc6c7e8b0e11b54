using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Grains.Interfaces;

/// <summary>What the node's grains and silos tell a silo. A lost call costs latency, never an event: every silo also sweeps and asks by itself.</summary>
[Alias("eventmesh.ISiloObserver")]
public interface ISiloObserver : IGrainObserver
{
    /// <summary>Interest of other silos changed; ends when this silo's routing table holds <paramref name="sets"/>.</summary>
    /// <param name="epoch">Epoch of the interest grain.</param>
    /// <param name="tableVersion">Version of the table with these sets; a silo that has loaded the table of this epoch holds all of it then.</param>
    /// <param name="sets">The sets that changed.</param>
    [Alias("apply")]
    Task ApplyInterestAsync(long epoch, long tableVersion, InterestSet[] sets);

    /// <summary>Topics have new records: names and read limits, index by index.</summary>
    [Alias("advanced")]
    Task TopicsAdvancedAsync(string[] topics, long[] ends);
}
