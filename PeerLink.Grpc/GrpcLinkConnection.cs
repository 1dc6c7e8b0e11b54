using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Transport;
using Grpc.Core;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Grpc;

/// <summary>What both ends of a gRPC stream have in common: encoding, decoding, and the translation of failures.</summary>
/// <remarks>gRPC has no way to give up a single read or write and keep the call: a cancelled one ends the stream.</remarks>
internal abstract class GrpcLinkConnection(
    IAsyncStreamReader<Wire.PeerMessage> reader, IAsyncStreamWriter<Wire.PeerMessage> writer, string remoteAddress) : ILinkConnection
{
    private readonly CancellationTokenSource _lifetime = new();

    /// <inheritdoc/>
    public string RemoteAddress { get; } = remoteAddress;

    /// <inheritdoc/>
    public abstract bool IsDialer { get; }

    /// <summary>Whether this side has ended its direction.</summary>
    protected bool IsCompleted { get; private set; }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(LinkFrame frame, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (IsCompleted || _lifetime.IsCancellationRequested)
        {
            throw new EventMeshException(MeshErrorCode.LinkClosed, "The stream has been ended on this side.");
        }

        try
        {
            await writer.WriteAsync(FrameEncoder.Encode(frame), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (LinkStatus.IsStreamEnd(exception))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw LinkStatus.FromStream(exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<LinkFrame?> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var registration = cancellationToken.UnsafeRegister(static connection => ((GrpcLinkConnection)connection!).Abort(), this);
        try
        {
            return EndsReadingWithCompletion || !await reader.MoveNext(_lifetime.Token).ConfigureAwait(false)
                ? null
                : FrameDecoder.Decode(reader.Current);
        }
        catch (Exception exception) when (EndsReadingWithCompletion && LinkStatus.IsStreamEnd(exception))
        {
            // This side ended the stream while the read was waiting: that is its orderly end, not a failure.
            return null;
        }
        catch (Exception exception) when (LinkStatus.IsStreamEnd(exception))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw LinkStatus.FromStream(exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        if (IsCompleted)
        {
            return;
        }

        IsCompleted = true;
        try
        {
            await CompleteCoreAsync().ConfigureAwait(false);
        }
        catch (Exception exception) when (LinkStatus.IsStreamEnd(exception))
        {
            throw LinkStatus.FromStream(exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Abort();
        Release();
        return ValueTask.CompletedTask;
    }

    /// <summary>Whether reads return null once this side has ended its direction.</summary>
    protected virtual bool EndsReadingWithCompletion => false;

    /// <summary>Ends this side's direction on the wire.</summary>
    protected abstract ValueTask CompleteCoreAsync();

    /// <summary>Ends the stream on the wire at once.</summary>
    protected abstract void AbortCore();

    /// <summary>Frees what the stream holds; it has been aborted.</summary>
    protected virtual void Release()
    {
    }

    /// <summary>Lets a pending read end without ending the stream.</summary>
    protected void EndReading() => _lifetime.Cancel();

    private void Abort()
    {
        // A token source is never disposed here: a late read or write may still ask it, and it holds no timer.
        if (!_lifetime.IsCancellationRequested)
        {
            AbortCore();
            _lifetime.Cancel();
        }
    }
}
