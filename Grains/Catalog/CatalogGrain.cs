using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Orleans;
using Orleans.Placement;

namespace EventMesh.Grains.Catalog;

/// <summary>Answers questions from the log and state of the silo that it runs on.</summary>
[GrainType(MeshGrains.CatalogType)]
[PreferLocalPlacement]
internal sealed class CatalogGrain(IMeshSilo silo) : Grain, ICatalogGrain
{
    private const int MaxLimit = 1_000;

    public Task<TopicPage> ListTopicsAsync(string pattern, string after, int limit)
    {
        try
        {
            return Task.FromResult(ListTopics(pattern, after, limit));
        }
        catch (EventMeshException refusal)
        {
            return Task.FromResult(new TopicPage([], "", refusal.Code, refusal.Message));
        }
    }

    public async Task<ReadReply> ReadAsync(string topic, long offset, int limit)
    {
        try
        {
            CheckLimit(limit);
            var reader = silo.Log.GetReader(TopicName.Parse(topic));
            var bounds = reader.Bounds;
            CheckRange(topic, offset, bounds.End);
            using var batch = await reader.ReadAsync(new LogOffset(offset), EventLimits.MaxBatchBytes, limit, CancellationToken.None);
            return new ReadReply(
                MeshErrorCode.None, "", batch.ToMessage(reader.Topic, bounds.End), bounds.Start.Value, bounds.End.Value);
        }
        catch (EventMeshException refusal)
        {
            return new ReadReply(refusal.Code, refusal.Message, null, 0, 0);
        }
    }

    /// <summary>The peers that this silo knows, each as the silo that runs its link last reported it.</summary>
    public async Task<PeerReport[]> ListPeersAsync() => await Task.WhenAll(silo.GetPeers().Select(FindPeerAsync));

    public Task<HealthReply> GetHealthAsync() => Task.FromResult(silo.GetHealth());

    private async Task<PeerReport> FindPeerAsync(PeerReport local) =>
        local.Health != PeerHealth.Disconnected ? local : await GrainFactory.GetGrain<IPeerGrain>(local.Peer).GetAsync() ?? local;

    private TopicPage ListTopics(string pattern, string after, int limit)
    {
        CheckLimit(limit);
        TopicPattern? filter = string.IsNullOrEmpty(pattern) ? null : TopicPattern.Parse(pattern);
        var start = string.IsNullOrEmpty(after) ? default : TopicName.Parse(after);
        var topics = TopicListing.List(silo.Log, filter, start, limit)
            .Select(static topic => new TopicInfo(topic.Topic.Value, topic.Bounds.Start.Value, topic.Bounds.End.Value, topic.Bytes))
            .ToArray();
        return new TopicPage(topics, topics.Length == limit ? topics[^1].Topic : "");
    }

    private static void CheckLimit(int limit)
    {
        if (limit is < 1 or > MaxLimit)
        {
            throw new EventMeshException(MeshErrorCode.InvalidArgument, $"limit: {limit} must be 1 to {MaxLimit}.");
        }
    }

    private static void CheckRange(string topic, long offset, LogOffset end)
    {
        if (end == LogOffset.Zero)
        {
            throw new EventMeshException(MeshErrorCode.TopicUnknown, $"Topic '{topic}' has no events on this node.");
        }

        if (offset < 0 || offset > end.Value)
        {
            throw new EventMeshException(MeshErrorCode.InvalidOffset, $"offset: {offset} must be 0 to {end}, the end of '{topic}'.");
        }
    }
}
