using EventMesh.Grains.Interfaces.Messages;
using Orleans;
using Orleans.Concurrency;

namespace EventMesh.Grains.Interfaces;

/// <summary>The single writer and sequencer of a topic; the key is the topic's name.</summary>
/// <remarks>
/// Calls interleave: checks, numbering and the hand-over to the log are done before the first await, only the wait for the flush is outside.
/// Orleans keeps no order between calls, so a caller that needs order has one call in flight. Reading does not come through here.
/// </remarks>
[Alias("eventmesh.ITopicGrain")]
public interface ITopicGrain : IGrainWithStringKey
{
    /// <summary>Appends events published at this node. A timeout is an unknown outcome: the events may have been stored.</summary>
    [AlwaysInterleave, Alias("append")]
    Task<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken);

    /// <summary>Appends another node's events, as the log's contiguity rule decides; safe to repeat.</summary>
    [AlwaysInterleave, Alias("replicate")]
    Task<ReplicateReply> ReplicateAsync(ReplicateRequest request, CancellationToken cancellationToken);
}
