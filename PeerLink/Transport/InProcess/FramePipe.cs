using System.Threading.Channels;
using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Transport.InProcess;

/// <summary>One direction of an in-process stream: bounded, so that a writer waits while the other side does not read.</summary>
internal sealed class FramePipe(int capacity)
{
    private readonly Channel<LinkFrame> _frames = Channel.CreateBounded<LinkFrame>(
        new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });

    public async ValueTask WriteAsync(LinkFrame frame, CancellationToken cancellationToken)
    {
        try
        {
            await _frames.Writer.WriteAsync(frame, cancellationToken);
        }
        catch (ChannelClosedException closed)
        {
            throw Closed(closed.InnerException);
        }
    }

    /// <summary>The next frame; null after an orderly end.</summary>
    public async ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _frames.Reader.WaitToReadAsync(cancellationToken) && _frames.Reader.TryRead(out var frame) ? frame : null;
        }
        catch (EventMeshException broken)
        {
            throw Closed(broken);
        }
    }

    /// <summary>No more frames will come; what is in the pipe is still read.</summary>
    public void Complete() => _frames.Writer.TryComplete();

    /// <summary>Breaks the pipe: what is in it is lost, reads and writes fail with <paramref name="reason"/>.</summary>
    public void Break(EventMeshException reason)
    {
        _frames.Writer.TryComplete(reason);
        while (_frames.Reader.TryRead(out _))
        {
        }
    }

    private static EventMeshException Closed(Exception? reason) => reason is EventMeshException known
        ? new EventMeshException(known.Code, known.Message, known)
        : new EventMeshException(MeshErrorCode.LinkClosed, "The stream has ended.", reason);
}
