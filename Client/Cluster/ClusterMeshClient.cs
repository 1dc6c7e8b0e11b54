using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Client.Serialization;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Client.Cluster;

/// <summary>The client inside the trust border: over an Orleans client, or the grain factory of a silo.</summary>
internal sealed class ClusterMeshClient : IMeshClient
{
    private readonly IGrainFactory _grains;
    private readonly MeshClientOptions _options;
    private readonly GrainPublisher _publisher;
    private readonly SessionSource _subscriptions;

    public ClusterMeshClient(IGrainFactory grains, MeshClientOptions options)
    {
        _grains = grains;
        _options = options;
        _publisher = new GrainPublisher(grains, options);
        _subscriptions = new SessionSource(grains, options);
    }

    public IEventSerializer Serializer => _options.Serializer;

    public ValueTask<Receipt> PublishAsync(
        TopicName topic, ReadOnlyMemory<byte> payload, PublishOptions? options = null, CancellationToken cancellationToken = default) =>
        PublishCall.Start(_publisher, topic, payload, options, cancellationToken);

    public async ValueTask<IMeshSubscription> OpenSubscriptionAsync(SubscribeOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return await MeshSubscription.OpenAsync(_subscriptions, options, _options, cancellationToken);
    }

    public async ValueTask<ReadPage> ReadAsync(TopicName topic, LogOffset from, int limit, CancellationToken cancellationToken = default)
    {
        var reply = await GrainErrors.CallAsync(
            CatalogFor(topic.Value).ReadAsync(topic.Value, from.Value, limit).WaitAsync(_options.RequestTimeout, _options.TimeProvider, cancellationToken));
        GrainErrors.ThrowIfRefused(reply.Code, reply.Message);
        var records = SessionSource.FromGrain(reply.Records!);
        return new ReadPage(
            [.. records.Records.Select(record => new MeshEvent(topic, record, Serializer))],
            records.Next,
            new LogOffset(reply.StartOffset),
            new LogOffset(reply.EndOffset));
    }

    public async ValueTask<TopicPage> ListTopicsAsync(
        TopicPattern? pattern = null, TopicName after = default, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        if (limit is < 1 or > 1_000)
        {
            throw new EventMeshException(MeshErrorCode.InvalidArgument, $"limit is {limit}; it must be 1 to 1000.");
        }

        return await GrainErrors.CallAsync(CatalogFor("").ListTopicsAsync(pattern?.Value ?? "", after.Value, limit)
            .WaitAsync(_options.RequestTimeout, _options.TimeProvider, cancellationToken));
    }

    public async ValueTask<IReadOnlyList<PeerReport>> ListPeersAsync(CancellationToken cancellationToken = default) =>
        await GrainErrors.CallAsync(CatalogFor("").ListPeersAsync().WaitAsync(_options.RequestTimeout, _options.TimeProvider, cancellationToken));

    public async ValueTask<HealthReply> GetHealthAsync(CancellationToken cancellationToken = default) =>
        await GrainErrors.CallAsync(CatalogFor("").GetHealthAsync().WaitAsync(_options.RequestTimeout, _options.TimeProvider, cancellationToken));

    public ValueTask DisposeAsync() => _publisher.DisposeAsync();

    // The catalog keeps no state: a few keys spread the reads over activations and silos.
    private ICatalogGrain CatalogFor(string topic) => _grains.GetGrain<ICatalogGrain>($"shard-{(topic.Length == 0 ? 0 : topic[^1] % 16)}");
}
