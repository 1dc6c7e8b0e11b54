using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.Protocol.Mesh.V1;
using Grpc.Core;

namespace EventMesh.Client.Remote;

/// <summary>Subscriptions as gRPC server streams.</summary>
internal sealed class GrpcSubscriptionSource(MeshService.MeshServiceClient service, Uri server, MeshClientOptions options) : ISubscriptionSource
{
    public async ValueTask<ISubscriptionConnection> OpenAsync(SubscriptionState state, CancellationToken cancellationToken)
    {
        var call = service.Subscribe(WireConvert.ToWire(state), cancellationToken: CancellationToken.None);
        try
        {
            using var deadline = new CancellationTokenSource(options.RequestTimeout, options.TimeProvider);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
            var opened = await NextAsync(call, server, linked.Token);
            if (opened.Opened is null)
            {
                throw new EventMeshException(MeshErrorCode.OutcomeUnknown, $"The node at {server} did not say that the subscription is open.");
            }

            var connection = new Connection(call, server, opened.Opened);
            call = null;
            return connection;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EventMeshException(MeshErrorCode.NodeNotReady, $"The node at {server} did not open the subscription in {options.RequestTimeout}.", exception);
        }
        finally
        {
            call?.Dispose();
        }
    }

    private static async ValueTask<SubscribeMessage> NextAsync(
        AsyncServerStreamingCall<SubscribeMessage> call, Uri server, CancellationToken cancellationToken)
    {
        try
        {
            return await call.ResponseStream.MoveNext(cancellationToken)
                ? call.ResponseStream.Current
                : throw new EventMeshException(MeshErrorCode.NodeNotReady, $"The node at {server} ended the subscription.");
        }
        catch (RpcException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw RemoteErrors.ToMesh(exception, server);
        }
    }

    private sealed class Connection(AsyncServerStreamingCall<SubscribeMessage> call, Uri server, SubscriptionOpened opened) : ISubscriptionConnection
    {
        public long SinceUnixMs => opened.SinceUnixMs;

        public IReadOnlyList<TopicName> RewoundTopics { get; } = [.. opened.RewoundTopics.Select(TopicName.Parse)];

        public async ValueTask<IReadOnlyList<DeliveredRecords>> NextAsync(CancellationToken cancellationToken)
        {
            var message = await GrpcSubscriptionSource.NextAsync(call, server, cancellationToken);
            return message.Records is { } records ? [.. records.Topics.Select(WireConvert.FromWire)] : [];
        }

        public ValueTask DisposeAsync()
        {
            call.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
