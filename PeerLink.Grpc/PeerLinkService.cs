using EventMesh.Core.Errors;
using EventMesh.PeerLink.Transport;
using Grpc.Core;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Grpc;

/// <summary>The listening side: hands each stream that a peer opens to the acceptor and keeps it open until the link has ended.</summary>
/// <remarks>The acceptor awaits both directions of its link: a fault of either ends its task, and with it the stream.</remarks>
public sealed class PeerLinkService(ILinkAcceptor acceptor) : Wire.PeerLink.PeerLinkBase
{
    /// <inheritdoc/>
    public override async Task EventStream(
        IAsyncStreamReader<Wire.PeerMessage> requestStream, IServerStreamWriter<Wire.PeerMessage> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        // Not disposed here: to return, or to fail with a status, is how a server ends a stream. Disposing would reset it before the status is out.
        var connection = new AcceptedLinkConnection(requestStream, responseStream, context);
        try
        {
            await acceptor.AcceptAsync(connection, context.CancellationToken).ConfigureAwait(false);
        }
        catch (EventMeshException error)
        {
            throw LinkStatus.ToRpc(error);
        }
        catch (OperationCanceledException) when (context.CancellationToken.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Cancelled, "The peer has ended the stream."));
        }
    }
}
