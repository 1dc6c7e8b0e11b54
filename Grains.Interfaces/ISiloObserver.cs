using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Grains.Interfaces;

/// <summary>What the node's grains and silos tell a silo. A lost call costs latency, never an event: every silo also sweeps and asks by itself.</summary>
[Alias("eventmesh.ISiloObserver")]
public interface ISiloObserver : IGrainObserver
{
    /// <summary>Another silo's interest changed; ends when this silo's routing table holds it.</summary>
    [Alias("apply")]
    Task ApplyInterestAsync(long epoch, long tableVersion, InterestSet set);

    /// <summary>A silo has left; its interest is dropped.</summary>
    [Alias("drop")]
    Task DropInterestAsync(long epoch, long tableVersion, string silo);

    /// <summary>Topics have new records: names and read limits, index by index.</summary>
    [Alias("advanced")]
    Task TopicsAdvancedAsync(string[] topics, long[] ends);
}
