using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Transport;

/// <summary>One open stream to a peer. One reader and one writer at a time; reading never waits for writing.</summary>
/// <remarks>
/// Disposing ends the stream at once: frames that are still under way may be lost, and a pending read or write of either side
/// fails with <c>LinkClosed</c>. So does cancelling a read or write. To end it in order, call <see cref="CompleteAsync"/>, read until null,
/// then dispose.
/// </remarks>
public interface ILinkConnection : IAsyncDisposable
{
    /// <summary>The other end's address, for logs.</summary>
    string RemoteAddress { get; }

    /// <summary>Whether this side dialled.</summary>
    bool IsDialer { get; }

    /// <summary>Sends one frame; ends when the transport has taken it, which it delays while the other side does not read.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>LinkClosed</c>: the stream has ended.</exception>
    ValueTask WriteAsync(LinkFrame frame, CancellationToken cancellationToken);

    /// <summary>The next frame, in order; null when the other side has ended the stream in an orderly way.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>MalformedFrame</c>, <c>FrameTooLarge</c> or <c>LinkClosed</c> (broken).</exception>
    ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Ends this side's direction: the other side reads null after the last frame. Nothing may be written after it.</summary>
    /// <remarks>A dialer goes on reading. A listener's stream may end with it, as in gRPC: its reads then return null at once.</remarks>
    ValueTask CompleteAsync(CancellationToken cancellationToken);
}
