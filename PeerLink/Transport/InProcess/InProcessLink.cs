using EventMesh.Core.Errors;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Transport.InProcess;

/// <summary>A stream between two nodes of one process, and the hand of a test on it: it can be cut, or fall silent without a word.
/// Thread-safe.</summary>
public sealed class InProcessLink : IDisposable
{
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _broken = new();
    private TaskCompletionSource _speaking = Done();
    private EventMeshException? _reason;

    internal InProcessLink(string address, int capacity, Func<LinkFrame, CancellationToken, ValueTask>? beforeDelivery)
    {
        Address = address;
        BeforeDelivery = beforeDelivery ?? (static (_, _) => ValueTask.CompletedTask);
        var toListener = new FramePipe(capacity);
        var toDialer = new FramePipe(capacity);
        Dialer = new InProcessLinkConnection(this, isDialer: true, toListener, toDialer);
        Listener = new InProcessLinkConnection(this, isDialer: false, toDialer, toListener);
    }

    /// <summary>The address that was dialled.</summary>
    public string Address { get; }

    /// <summary>Whether the stream has been cut or disposed.</summary>
    public bool IsBroken => _broken.IsCancellationRequested;

    internal InProcessLinkConnection Dialer { get; }

    internal InProcessLinkConnection Listener { get; }

    internal Func<LinkFrame, CancellationToken, ValueTask> BeforeDelivery { get; }

    internal CancellationToken Broken => _broken.Token;

    /// <summary>Breaks the stream, as a reset connection does: frames under way are lost, both sides fail with <c>LinkClosed</c>.</summary>
    public void Cut() => Break(new EventMeshException(MeshErrorCode.LinkClosed, "The stream was cut."));

    /// <summary>From now on no frame arrives on either side, and nobody is told.</summary>
    public void Silence()
    {
        lock (_gate)
        {
            if (_speaking.Task.IsCompleted)
            {
                _speaking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    /// <summary>Ends the silence: what was held back arrives.</summary>
    public void Speak()
    {
        lock (_gate)
        {
            _speaking.TrySetResult();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cut();
        _broken.Dispose();
    }

    internal void Break(EventMeshException reason)
    {
        lock (_gate)
        {
            if (_reason is not null)
            {
                return;
            }

            _reason = reason;
        }

        Dialer.Break(reason);
        Listener.Break(reason);
        _broken.Cancel();
    }

    /// <summary>Holds a frame back while the link is silent or the hook delays it. A link that breaks meanwhile loses it.</summary>
    internal async ValueTask DeliverAsync(LinkFrame frame, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _broken.Token);
        try
        {
            await BeforeDelivery(frame, either.Token);
            await Speaking().WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EventMeshException(_reason?.Code ?? MeshErrorCode.LinkClosed, _reason?.Message ?? "The stream was cut.");
        }
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }

    private Task Speaking()
    {
        lock (_gate)
        {
            return _speaking.Task;
        }
    }
}
