using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Catalog;
using EventMesh.Hosting.Node.Publishing;
using EventMesh.Hosting.Node.Subscriptions;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node;

/// <summary>The mesh inside a silo: publishes through topic grains, reads and subscribes beside them.</summary>
internal sealed class MeshNode(NodeLog log, SubscriptionHub subscriptions, PublishLanes lanes) : IMeshNode
{
    private const int MaxTopicPage = 1_000;

    public NodeIdentity Identity => log.Identity;

    public string StorageLocation => log.Log.Health.Location;

    public ValueTask<PublishReceipt> PublishAsync(
        TopicName topic, EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken)
    {
        if (topic.IsSystem)
        {
            throw new EventMeshException(MeshErrorCode.TopicReserved, $"Topic '{topic}' belongs to the system: read it, but do not publish to it.");
        }

        return lanes.PublishAsync(topic, events, producer, durability, cancellationToken);
    }

    public async ValueTask<IMeshSubscription> SubscribeAsync(SubscribeRequest request, CancellationToken cancellationToken) =>
        await subscriptions.SubscribeAsync(log.Log, request, cancellationToken);

    public ITopicReader GetReader(TopicName topic) => log.Log.GetReader(topic);

    public IReadOnlyList<TopicSummary> ListTopics(TopicPattern? pattern, TopicName after, int limit) =>
        limit is >= 1 and <= MaxTopicPage
            ? TopicListing.List(log.Log, pattern, after, limit)
            : throw new EventMeshException(MeshErrorCode.InvalidArgument, $"limit: {limit} must be 1 to {MaxTopicPage}.");
}
