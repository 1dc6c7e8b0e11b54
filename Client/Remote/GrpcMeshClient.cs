using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Client.Serialization;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Protocol.Mesh.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Receipt = EventMesh.Client.Events.Receipt;
using TopicInfo = EventMesh.Grains.Interfaces.Messages.TopicInfo;

namespace EventMesh.Client.Remote;

/// <summary>The client of a node's gRPC door.</summary>
internal sealed class GrpcMeshClient : IMeshClient
{
    /// <summary>A read answers with up to a whole batch and what surrounds it.</summary>
    private const int MaxMessageBytes = 16 * 1024 * 1024;

    private readonly Uri _server;
    private readonly MeshClientOptions _options;
    private readonly GrpcChannel _channel;
    private readonly MeshService.MeshServiceClient _service;
    private readonly GrpcPublisher _publisher;
    private readonly GrpcSubscriptionSource _subscriptions;

    public GrpcMeshClient(Uri server, MeshClientOptions options)
    {
        _server = server;
        _options = options;
        _channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            HttpHandler = CreateHandler(options),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
        });
        _service = new MeshService.MeshServiceClient(_channel);
        _publisher = new GrpcPublisher(_service, server, options);
        _subscriptions = new GrpcSubscriptionSource(_service, server, options);
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
        var request = new ReadRequest { Topic = topic.Value, Offset = from.Value, Limit = limit, Packed = true };
        var response = await CallAsync(options => _service.ReadAsync(request, options), cancellationToken);
        var records = WireConvert.FromWire(response.Records);
        return new ReadPage(
            [.. records.Records.Select(record => new MeshEvent(topic, record, Serializer))],
            records.Next,
            new LogOffset(response.StartOffset),
            records.End);
    }

    public async ValueTask<TopicPage> ListTopicsAsync(
        TopicPattern? pattern = null, TopicName after = default, int limit = 1_000, CancellationToken cancellationToken = default)
    {
        var request = new ListTopicsRequest { Pattern = pattern?.Value ?? "", After = after.Value, Limit = limit };
        var response = await CallAsync(options => _service.ListTopicsAsync(request, options), cancellationToken);
        return new TopicPage([.. response.Topics.Select<Protocol.Mesh.V1.TopicInfo, TopicInfo>(WireConvert.FromWire)], response.Next);
    }

    public async ValueTask<IReadOnlyList<PeerReport>> ListPeersAsync(CancellationToken cancellationToken = default)
    {
        var response = await CallAsync(options => _service.ListPeersAsync(new ListPeersRequest(), options), cancellationToken);
        return [.. response.Peers.Select(WireConvert.FromWire)];
    }

    public async ValueTask<HealthReply> GetHealthAsync(CancellationToken cancellationToken = default)
    {
        var health = await CallAsync(options => _service.GetHealthAsync(new GetHealthRequest(), options), cancellationToken);
        return new HealthReply(
            health.Node, health.Incarnation, health.Live, health.Ready, health.InterestSynced, [.. health.Problems], [.. health.Warnings]);
    }

    public async ValueTask DisposeAsync()
    {
        await _publisher.DisposeAsync();
        _channel.Dispose();
    }

    private static SocketsHttpHandler CreateHandler(MeshClientOptions options) => new()
    {
        ConnectTimeout = options.ConnectTimeout,
        EnableMultipleHttp2Connections = true,
        InitialHttp2StreamWindowSize = 4 * 1024 * 1024,
        // A node that has vanished without a word is noticed although nothing is sent to it.
        KeepAlivePingDelay = TimeSpan.FromSeconds(15),
        KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
    };

    private async ValueTask<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> start, CancellationToken cancellationToken)
    {
        var deadline = _options.TimeProvider.GetUtcNow().UtcDateTime + _options.RequestTimeout;
        try
        {
            using var call = start(new CallOptions(deadline: deadline, cancellationToken: cancellationToken));
            return await call.ResponseAsync;
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RemoteErrors.ToMesh(exception, _server);
        }
    }
}
