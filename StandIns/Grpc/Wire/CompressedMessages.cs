// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
namespace Grpc.Wire;

/// <summary>What a compressed message is answered with. Differs: the real libraries read gzip and deflate too.</summary>
internal static class CompressedMessages
{
    public static Core.RpcException Refusal(string? encoding) => new(encoding switch
    {
        null or "" => new(Core.StatusCode.Internal, "Request did not include grpc-encoding value with compressed message."),
        GrpcHeaders.Identity => new(Core.StatusCode.Internal, "Request sent 'identity' grpc-encoding value with compressed message."),
        _ => new(Core.StatusCode.Unimplemented, $"Unsupported grpc-encoding value '{encoding}'. Supported encodings: identity"),
    });
}
