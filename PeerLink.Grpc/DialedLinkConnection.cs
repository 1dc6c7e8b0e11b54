using Grpc.Core;
using Grpc.Net.Client;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Grpc;

/// <summary>The dialling end of a stream. It owns its channel, hence its TCP connection: links share neither windows nor fate.</summary>
internal sealed class DialedLinkConnection(
    GrpcChannel channel, AsyncDuplexStreamingCall<Wire.PeerMessage, Wire.PeerMessage> call, string remoteAddress)
    : GrpcLinkConnection(call.ResponseStream, call.RequestStream, remoteAddress)
{
    public override bool IsDialer => true;

    protected override async ValueTask CompleteCoreAsync() => await call.RequestStream.CompleteAsync().ConfigureAwait(false);

    protected override void AbortCore() => call.Dispose();

    protected override void Release() => channel.Dispose();
}
