// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client.Internal;

/// <summary>What a failure of the transport means as a status.</summary>
internal static class TransportErrors
{
    private const long RefusedStream = 7;
    private const long Cancel = 8;
    private const long EnhanceYourCalm = 11;
    private const long InadequateSecurity = 12;

    public static Status ToStatus(string summary, Exception exception) =>
        exception is RpcException refusal
            ? refusal.Status
            : new Status(CodeOf(exception), $"{summary} {ExceptionText.Of(exception)}", exception);

    private static StatusCode CodeOf(Exception exception)
    {
        var code = StatusCode.Internal;
        for (var current = exception; current is not null; current = current.InnerException)
        {
            switch (current)
            {
                case HttpProtocolException protocol:
                    return CodeOf(protocol.ErrorCode);
                case SocketException or IOException:
                    code = StatusCode.Unavailable;
                    break;
            }
        }

        return code;
    }

    private static StatusCode CodeOf(long http2Error) => http2Error switch
    {
        RefusedStream => StatusCode.Unavailable,
        Cancel => StatusCode.Cancelled,
        EnhanceYourCalm => StatusCode.ResourceExhausted,
        InadequateSecurity => StatusCode.PermissionDenied,
        _ => StatusCode.Internal,
    };
}
