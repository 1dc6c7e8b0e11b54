// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using System.Net;
using System.Net.Http.Headers;
using Grpc.Wire;

namespace Grpc.Net.Client.Internal;

/// <summary>A request body of gRPC messages: its length is not known ahead.</summary>
internal abstract class GrpcContent : HttpContent
{
    private static readonly MediaTypeHeaderValue GrpcMediaType = new(GrpcHeaders.ContentType);

    protected GrpcContent() => Headers.ContentType = GrpcMediaType;

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}

/// <summary>The body of a call whose client does not stream.</summary>
internal sealed class SingleMessageContent<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call, TRequest request) : GrpcContent
    where TRequest : class
    where TResponse : class
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        var writer = new FrameWriter(call.Channel.MaxSendMessageSize);
        var frame = writer.Serialize(request, call.Method.RequestMarshaller.ContextualSerializer);
        await stream.WriteAsync(frame, call.CancellationToken).ConfigureAwait(false);
        writer.Release();
    }
}

/// <summary>The body of a streaming client: lends the transport's stream to the writer until that has completed.</summary>
internal sealed class StreamContent<TRequest, TResponse>(RequestStreamWriter<TRequest, TResponse> writer) : GrpcContent
    where TRequest : class
    where TResponse : class
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        // Sends the headers, so that the server can begin before the first message.
        await stream.FlushAsync().ConfigureAwait(false);
        await writer.RunAsync(stream).ConfigureAwait(false);
    }
}
