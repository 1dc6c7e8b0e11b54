using System.Globalization;
using EventMesh.Core.Errors;
using EventMesh.Protocol.Mesh.V1;
using Grpc.Core;

namespace EventMesh.Client.Remote;

/// <summary>Turns gRPC failures into numbered errors.</summary>
internal static class RemoteErrors
{
    public static EventMeshException ToMesh(RpcException exception, Uri server)
    {
        if (TryNumber(exception.Trailers, MeshTrailers.Code) is > 0 and <= int.MaxValue and var code)
        {
            return new EventMeshException((MeshErrorCode)(int)code, exception.Status.Detail, exception)
            {
                RetryAfter = TryNumber(exception.Trailers, MeshTrailers.RetryAfterMs) is > 0 and var milliseconds
                    ? TimeSpan.FromMilliseconds(milliseconds)
                    : null,
            };
        }

        var (fallback, message) = exception.StatusCode switch
        {
            StatusCode.Unavailable => (MeshErrorCode.NodeNotReady, $"The node at {server} cannot be reached ({exception.Status.Detail}). Is it running, and is this its client port?"),
            StatusCode.Unimplemented => (MeshErrorCode.InvalidConfiguration, $"What answers at {server} is not the client port of a mesh node."),
            StatusCode.DeadlineExceeded => (MeshErrorCode.OutcomeUnknown, $"The node at {server} did not answer in time."),
            StatusCode.ResourceExhausted => (MeshErrorCode.InvalidBatchSize, exception.Status.Detail),
            _ => (MeshErrorCode.OutcomeUnknown, $"The call to {server} failed: {exception.StatusCode}, {exception.Status.Detail}"),
        };
        return new EventMeshException(fallback, message, exception);
    }

    public static EventMeshException ToMesh(Error error) => new((MeshErrorCode)error.Code, error.Message)
    {
        RetryAfter = error.RetryAfterMs > 0 ? TimeSpan.FromMilliseconds(error.RetryAfterMs) : null,
    };

    private static long? TryNumber(Metadata trailers, string key) =>
        long.TryParse(trailers.GetValue(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
