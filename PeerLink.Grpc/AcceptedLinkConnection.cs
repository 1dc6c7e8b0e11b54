using Grpc.Core;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Grpc;

/// <summary>The listening end of a stream. A gRPC server ends its direction by returning from the call, so completing ends reading too.</summary>
internal sealed class AcceptedLinkConnection(
    IAsyncStreamReader<Wire.PeerMessage> reader, IServerStreamWriter<Wire.PeerMessage> writer, ServerCallContext context)
    : GrpcLinkConnection(reader, writer, context.Peer)
{
    public override bool IsDialer => false;

    protected override bool EndsReadingWithCompletion => IsCompleted;

    protected override ValueTask CompleteCoreAsync()
    {
        EndReading();
        return ValueTask.CompletedTask;
    }

    protected override void AbortCore()
    {
        // A stream that was ended in order ends with the call; resetting it now could overtake its last frames.
        if (!IsCompleted)
        {
            context.GetHttpContext().Abort();
        }
    }
}
