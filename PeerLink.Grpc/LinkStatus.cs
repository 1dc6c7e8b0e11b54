using System.Globalization;
using EventMesh.Core.Errors;
using Google.Protobuf;
using Grpc.Core;

namespace EventMesh.PeerLink.Grpc;

/// <summary>Carries error codes over gRPC: as a status that any client understands, and as a number in a trailer for our own.</summary>
internal static class LinkStatus
{
    /// <summary>The trailer that holds the number of a <see cref="MeshErrorCode"/>.</summary>
    public const string CodeTrailer = "eventmesh-code";

    /// <summary>What a listener ends a stream with.</summary>
    public static RpcException ToRpc(EventMeshException error)
    {
        var trailers = new Metadata { { CodeTrailer, ((int)error.Code).ToString(CultureInfo.InvariantCulture) } };
        return new RpcException(new Status(StatusOf(error.Code), $"{error.Code.ToLabel()}: {error.Message}"), trailers);
    }

    /// <summary>Whether an exception of the gRPC library means that the stream is of no more use, and so has a translation.</summary>
    public static bool IsStreamEnd(Exception exception) => exception
        is RpcException or InvalidProtocolBufferException or IOException or InvalidDataException or InvalidOperationException or OperationCanceledException;

    /// <summary>What a failed read or write of a link means.</summary>
    public static EventMeshException FromStream(Exception exception)
    {
        if (Find<InvalidProtocolBufferException>(exception) is { } malformed)
        {
            return new(MeshErrorCode.MalformedFrame, $"A message is not a PeerMessage: {malformed.Message}", exception);
        }

        if (Find<InvalidDataException>(exception) is { } broken)
        {
            return new(MeshErrorCode.MalformedFrame, $"The stream is not gRPC: {broken.Message}", exception);
        }

        return exception is RpcException rpc
            ? new(CodeOf(rpc), rpc.Status.Detail.Length > 0 ? rpc.Status.Detail : $"The stream ended with status {rpc.StatusCode}.", exception)
            : new(MeshErrorCode.LinkClosed, $"The stream broke: {exception.Message}", exception);
    }

    private static MeshErrorCode CodeOf(RpcException rpc) =>
        rpc.Trailers.GetValue(CodeTrailer) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (MeshErrorCode)number
            : rpc.StatusCode == StatusCode.ResourceExhausted ? MeshErrorCode.FrameTooLarge : MeshErrorCode.LinkClosed;

    private static StatusCode StatusOf(MeshErrorCode code) => code switch
    {
        MeshErrorCode.HandshakeExpected or MeshErrorCode.UnexpectedHandshake or MeshErrorCode.MalformedFrame => StatusCode.InvalidArgument,
        MeshErrorCode.VersionMismatch or MeshErrorCode.SelfLink => StatusCode.FailedPrecondition,
        MeshErrorCode.DuplicateNodeId => StatusCode.AlreadyExists,
        MeshErrorCode.PeerNotAllowed or MeshErrorCode.PeerHeld => StatusCode.PermissionDenied,
        MeshErrorCode.FrameTooLarge or MeshErrorCode.CreditExceeded or MeshErrorCode.TooManyPeers or MeshErrorCode.TooMuchInterest
            => StatusCode.ResourceExhausted,
        MeshErrorCode.PeerSilent => StatusCode.DeadlineExceeded,
        MeshErrorCode.LinkClosed or MeshErrorCode.NodeNotReady => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        for (Exception? at = exception; at is not null; at = at.InnerException ?? (at as RpcException)?.Status.DebugException)
        {
            if (at is T found)
            {
                return found;
            }
        }

        return null;
    }
}
