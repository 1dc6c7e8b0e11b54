using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Transport.InProcess;

/// <summary>One end of an in-process stream.</summary>
internal sealed class InProcessLinkConnection(InProcessLink link, bool isDialer, FramePipe outgoing, FramePipe incoming) : ILinkConnection
{
    public string RemoteAddress => isDialer ? link.Address : $"dialer of {link.Address}";

    public bool IsDialer => isDialer;

    public async ValueTask WriteAsync(LinkFrame frame, CancellationToken cancellationToken)
    {
        try
        {
            await outgoing.WriteAsync(frame, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            link.Cut();
            throw;
        }
    }

    public async ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var frame = await incoming.ReadAsync(cancellationToken);
            if (frame is not null)
            {
                await link.DeliverAsync(frame, cancellationToken);
            }

            return frame;
        }
        catch (OperationCanceledException)
        {
            link.Cut();
            throw;
        }
    }

    public ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        outgoing.Complete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        link.Cut();
        return ValueTask.CompletedTask;
    }

    internal void Break(EventMeshException reason) => incoming.Break(reason);

    /// <summary>The listener is done with the stream: the dialer reads what was sent and then the end, and can send nothing more.</summary>
    internal void EndByListener(EventMeshException? failure)
    {
        if (failure is not null)
        {
            link.Break(failure);
            return;
        }

        outgoing.Complete();
        incoming.Break(new EventMeshException(MeshErrorCode.LinkClosed, "The listener has ended the stream."));
    }
}
