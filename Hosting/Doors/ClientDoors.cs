using EventMesh.Core.Errors;
using EventMesh.Hosting.Node;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Doors;

/// <summary>Whether clients are let in, and which are inside. Thread-safe.</summary>
/// <remarks>
/// Doors close before grains stop: streams are told to end as soon as the silo begins to stop, nobody is let in any more, and what is under way is waited
/// for until the stop's own limit.
/// </remarks>
internal sealed partial class ClientDoors(INodeHealth health, ILogger<ClientDoors> logger) : IMeshNodePart, IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource? _closing;
    private TaskCompletionSource _empty = NewSignal();
    private int _inside;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _closing = CancellationTokenSource.CreateLinkedTokenSource(health.Stopping);
            _empty = NewSignal();
        }

        LogOpened(logger);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        CancellationTokenSource? closing;
        Task empty;
        int inside;
        lock (_gate)
        {
            (closing, _closing) = (_closing, null);
            inside = _inside;
            empty = inside == 0 ? Task.CompletedTask : _empty.Task;
        }

        if (closing is null)
        {
            return;
        }

        LogClosing(logger, inside);
        await closing.CancelAsync();
        await empty.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!empty.IsCompleted)
        {
            LogAbandoned(logger);
        }

        LogClosed(logger);
    }

    /// <summary>Lets a call in; dispose the visit when it ends.</summary>
    /// <exception cref="EventMeshException"><c>NodeNotReady</c>.</exception>
    public Visit Enter()
    {
        lock (_gate)
        {
            if (_closing is not { IsCancellationRequested: false })
            {
                throw new EventMeshException(MeshErrorCode.NodeNotReady, "The node is starting or stopping; try again in a moment.")
                {
                    RetryAfter = TimeSpan.FromMilliseconds(500),
                };
            }

            _inside++;
            return new Visit(this, _closing.Token);
        }
    }

    public void Dispose() => _closing?.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Leave()
    {
        lock (_gate)
        {
            if (--_inside == 0 && _closing is null)
            {
                _empty.TrySetResult();
            }
        }
    }

    /// <summary>A call that is inside.</summary>
    public readonly struct Visit(ClientDoors doors, CancellationToken closing) : IDisposable
    {
        /// <summary>Cancelled when the doors close: long calls end then.</summary>
        public CancellationToken Closing { get; } = closing;

        public void Dispose() => doors.Leave();
    }
}
