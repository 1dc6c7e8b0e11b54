using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Catalog;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Node.Lifecycle;
using EventMesh.Hosting.Node.Publishing;
using EventMesh.Hosting.Node.Subscriptions;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;

namespace EventMesh.Hosting.Node;

/// <summary>The mesh inside a silo: publishes through topic grains, reads and subscribes beside them.</summary>
internal sealed class MeshNode : IMeshNode
{
    private const int MaxTopicPage = 1_000;
    private readonly NodeLog _log;
    private readonly SubscriptionHub _subscriptions;
    private readonly PublishLanes _lanes;
    private readonly IGrainFactory _grains;
    private readonly NodeState _state;

    public MeshNode(
        NodeLog log,
        NodeState state,
        SubscriptionHub subscriptions,
        IGrainFactory grains,
        IOptions<EventMeshOptions> options,
        NodeInstruments instruments,
        ILogger<MeshNode> logger)
    {
        _log = log;
        _state = state;
        _subscriptions = subscriptions;
        _grains = grains;
        _lanes = new PublishLanes(AppendAsync, NodeId.Parse(options.Value.NodeId), options.Value, instruments, logger);
    }

    public NodeIdentity Identity => _log.Identity;

    public ValueTask<PublishReceipt> PublishAsync(
        TopicName topic, EventBatch events, Durability durability, CancellationToken cancellationToken)
    {
        if (topic.IsSystem)
        {
            throw new EventMeshException(MeshErrorCode.TopicReserved, $"Topic '{topic}' belongs to the system: read it, but do not publish to it.");
        }

        return _lanes.PublishAsync(topic, events, durability, cancellationToken);
    }

    public async ValueTask<IMeshSubscription> SubscribeAsync(SubscribeRequest request, CancellationToken cancellationToken) =>
        await _subscriptions.SubscribeAsync(_log.Log, request, cancellationToken);

    public ITopicReader GetReader(TopicName topic) => _log.Log.GetReader(topic);

    public IReadOnlyList<TopicSummary> ListTopics(TopicPattern? pattern, TopicName after, int limit) =>
        limit is >= 1 and <= MaxTopicPage
            ? TopicListing.List(_log.Log, pattern, after, limit)
            : throw new EventMeshException(MeshErrorCode.InvalidArgument, $"limit: {limit} must be 1 to {MaxTopicPage}.");

    private async Task<AppendReply> AppendAsync(TopicName topic, AppendRequest request)
    {
        var reply = await _grains.GetGrain<ITopicGrain>(topic.Value).AppendAsync(request, CancellationToken.None).ConfigureAwait(false);
        _state.Note(reply.Code, reply.Message);
        return reply;
    }
}
