using System.Globalization;
using EventMesh.Core.Errors;
using EventMesh.Protocol.Mesh.V1;
using Grpc.Core;

namespace EventMesh.Hosting.Doors;

/// <summary>Tells numbered errors the gRPC way: a status that generic clients understand, and trailers with the number.</summary>
internal static class DoorErrors
{
    public static RpcException ToRpc(EventMeshException exception)
    {
        var trailers = new Metadata { { MeshTrailers.Code, ((int)exception.Code).ToString(CultureInfo.InvariantCulture) } };
        if (RetryAfterMs(exception) is > 0 and var milliseconds)
        {
            trailers.Add(MeshTrailers.RetryAfterMs, milliseconds.ToString(CultureInfo.InvariantCulture));
        }

        return new RpcException(new Status(StatusOf(exception.Code), exception.Message), trailers);
    }

    public static Error ToWire(EventMeshException exception) => new()
    {
        Code = (int)exception.Code,
        Message = exception.Message,
        RetryAfterMs = RetryAfterMs(exception),
    };

    public static EventMeshException Invalid(string field, string rule) => new(MeshErrorCode.InvalidArgument, $"{field}: {rule}.");

    private static long RetryAfterMs(EventMeshException exception) =>
        exception.RetryAfter is { } wait ? Math.Max(1, (long)wait.TotalMilliseconds) : 0;

    private static StatusCode StatusOf(MeshErrorCode code) => code switch
    {
        MeshErrorCode.InvalidTopic or MeshErrorCode.InvalidPattern or MeshErrorCode.EventTooLarge or MeshErrorCode.InvalidHeaders
            or MeshErrorCode.InvalidBatchSize or MeshErrorCode.MalformedEvent or MeshErrorCode.InvalidArgument
            or MeshErrorCode.InvalidProducer => StatusCode.InvalidArgument,
        MeshErrorCode.InvalidOffset => StatusCode.OutOfRange,
        MeshErrorCode.TopicReserved => StatusCode.PermissionDenied,
        MeshErrorCode.TopicUnknown or MeshErrorCode.SessionUnknown or MeshErrorCode.PeerUnknown => StatusCode.NotFound,
        MeshErrorCode.Busy or MeshErrorCode.LogFull or MeshErrorCode.TooManySessions => StatusCode.ResourceExhausted,
        MeshErrorCode.NodeNotReady or MeshErrorCode.LogClosed => StatusCode.Unavailable,
        MeshErrorCode.LogFenced => StatusCode.Aborted,
        MeshErrorCode.LogCorrupted => StatusCode.DataLoss,
        MeshErrorCode.LogFailed => StatusCode.Internal,
        MeshErrorCode.OutcomeUnknown => StatusCode.Unknown,
        _ => StatusCode.FailedPrecondition,
    };
}
