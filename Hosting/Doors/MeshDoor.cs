using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Wire = EventMesh.Protocol.Mesh.V1;

namespace EventMesh.Hosting.Doors;

/// <summary>The gRPC door: checks what comes from outside, asks the node, and tells failures by number.</summary>
internal sealed partial class MeshDoor(
    IMeshNode node, NodeStatus status, ClientDoors doors, SubscribeHandler subscriptions, DoorInstruments instruments, ILogger<MeshDoor> logger)
    : Wire.MeshService.MeshServiceBase
{
    private const int MaxLimit = 1_000;
    private const int DefaultReadLimit = 100;

    public override Task<Wire.Receipt> Publish(Wire.PublishRequest request, ServerCallContext context) => GuardAsync(context, async _ =>
    {
        var (topic, events, producer, durability) = PublishRequests.Read(request);
        var receipt = await node.PublishAsync(topic, events, producer, durability, context.CancellationToken);
        instruments.OnPublished(receipt.Count, events.Bytes.Length);
        return PublishRequests.ToWire(receipt);
    });

    public override Task PublishStream(
        IAsyncStreamReader<Wire.PublishMessage> requestStream, IServerStreamWriter<Wire.PublishResults> responseStream, ServerCallContext context) =>
        GuardAsync(context, async closing =>
        {
            await new PublishStreamHandler(node, instruments).RunAsync(requestStream, responseStream, context, closing);
            return true;
        });

    public override Task Subscribe(
        Wire.SubscribeRequest request, IServerStreamWriter<Wire.SubscribeMessage> responseStream, ServerCallContext context) =>
        GuardAsync(context, async closing =>
        {
            await subscriptions.RunAsync(request, responseStream, context, closing);
            return true;
        });

    public override Task<Wire.ReadResponse> Read(Wire.ReadRequest request, ServerCallContext context) => GuardAsync(context, async _ =>
    {
        var limit = Limit(request.Limit, DefaultReadLimit);
        var reader = node.GetReader(TopicName.Parse(request.Topic));
        var bounds = reader.Bounds;
        if (bounds.End == LogOffset.Zero)
        {
            throw new EventMeshException(MeshErrorCode.TopicUnknown, $"Topic '{request.Topic}' has no events on this node.");
        }

        if (request.Offset < 0 || request.Offset > bounds.End.Value)
        {
            throw new EventMeshException(
                MeshErrorCode.InvalidOffset, $"offset: {request.Offset} must be 0 to {bounds.End}, the end of '{request.Topic}'.");
        }

        using var batch = await reader.ReadAsync(new LogOffset(request.Offset), EventLimits.MaxBatchBytes, limit, context.CancellationToken);
        return new Wire.ReadResponse
        {
            Records = RecordMessages.ToWire(reader.Topic, batch.Records, batch.Next, bounds.End, request.Packed),
            StartOffset = bounds.Start.Value,
        };
    });

    public override Task<Wire.ListTopicsResponse> ListTopics(Wire.ListTopicsRequest request, ServerCallContext context) => GuardAsync(context, _ =>
    {
        var limit = Limit(request.Limit, MaxLimit);
        TopicPattern? pattern = request.Pattern.Length == 0 ? null : TopicPattern.Parse(request.Pattern);
        var after = request.After.Length == 0 ? default : TopicName.Parse(request.After);
        var topics = node.ListTopics(pattern, after, limit);
        var response = new Wire.ListTopicsResponse { Next = topics.Count == limit ? topics[^1].Topic.Value : "" };
        response.Topics.Add(topics.Select(static topic => new Wire.TopicInfo
        {
            Topic = topic.Topic.Value,
            StartOffset = topic.Bounds.Start.Value,
            EndOffset = topic.Bounds.End.Value,
            Bytes = topic.Bytes,
        }));
        return Task.FromResult(response);
    });

    public override Task<Wire.ListPeersResponse> ListPeers(Wire.ListPeersRequest request, ServerCallContext context) => GuardAsync(context, _ =>
    {
        var response = new Wire.ListPeersResponse();
        response.Peers.Add(status.Peers.Select(PeerMessages.ToWire));
        return Task.FromResult(response);
    });

    /// <summary>Answers even while the doors are closed: that is when it is asked.</summary>
    public override Task<Wire.GetHealthResponse> GetHealth(Wire.GetHealthRequest request, ServerCallContext context)
    {
        var health = status.Health;
        var response = new Wire.GetHealthResponse
        {
            Live = health.IsLive,
            Ready = health.IsReady,
            InterestSynced = status.IsInterestSynced,
        };
        response.Problems.Add(health.Problems);
        response.Warnings.Add(health.Warnings);
        try
        {
            response.Node = node.Identity.Node.Value;
            response.Incarnation = node.Identity.Incarnation.Value;
        }
        catch (EventMeshException exception) when (exception.Code == MeshErrorCode.NodeNotReady)
        {
            // Before its log is open a node does not know which incarnation it is in; its problems say that it is starting.
            response.Node = "";
        }

        return Task.FromResult(response);
    }

    private static int Limit(int requested, int fallback) => requested switch
    {
        0 => fallback,
        >= 1 and <= MaxLimit => requested,
        _ => throw DoorErrors.Invalid("limit", $"{requested} must be 1 to {MaxLimit}"),
    };

    private async Task<T> GuardAsync<T>(ServerCallContext context, Func<CancellationToken, Task<T>> call)
    {
        var closing = CancellationToken.None;
        try
        {
            using var visit = doors.Enter();
            closing = visit.Closing;
            return await call(closing);
        }
        catch (EventMeshException refusal)
        {
            instruments.OnRefused(refusal.Code);
            throw DoorErrors.ToRpc(refusal);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The client went away."));
        }
        catch (Exception exception) when (closing.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            throw DoorErrors.ToRpc(new EventMeshException(MeshErrorCode.NodeNotReady, "The node is stopping."));
        }
        catch (Exception exception) when (exception is not RpcException && !context.CancellationToken.IsCancellationRequested)
        {
            LogFailed(logger, exception, context.Method);
            throw;
        }
    }
}
