using EventMesh.Core.Events;
using EventMesh.Grains.Interfaces.Messages;
using Orleans;
using Orleans.Concurrency;

namespace EventMesh.Grains.Interfaces;

/// <summary>Lists and reads for Orleans clients, beside the topic grains: it reads the log of its silo and keeps no state. Any key; spread by shard.</summary>
[Alias("eventmesh.ICatalogGrain")]
public interface ICatalogGrain : IGrainWithStringKey
{
    /// <summary>Topics that match <paramref name="pattern"/> (empty: all, the system's included), after <paramref name="after"/>, at most 1,000.</summary>
    [AlwaysInterleave, Alias("topics")]
    Task<TopicPage> ListTopicsAsync(string pattern, string after, int limit);

    /// <summary>Reads a topic from <paramref name="offset"/>, at most 1,000 records and <see cref="EventLimits.MaxBatchBytes"/>.</summary>
    [AlwaysInterleave, Alias("read")]
    Task<ReadReply> ReadAsync(string topic, long offset, int limit);

    /// <summary>The node's peers as the silos see them.</summary>
    [AlwaysInterleave, Alias("peers")]
    Task<PeerReport[]> ListPeersAsync();

    /// <summary>The health of the silo that answers.</summary>
    [AlwaysInterleave, Alias("health")]
    Task<HealthReply> GetHealthAsync();
}
