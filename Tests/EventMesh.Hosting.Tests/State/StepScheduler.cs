using EventMesh.Storage;

namespace EventMesh.Hosting.Tests.State;

/// <summary>Flushes when the test says so, and says when there is something to flush.</summary>
internal sealed class StepScheduler : IWorkScheduler
{
    private readonly Lock _gate = new();
    private Action? _flush;
    private TaskCompletionSource _waiting = NewSignal();

    /// <summary>Ends when something waits for a flush.</summary>
    public Task Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Task;
            }
        }
    }

    public void Schedule(Action work)
    {
        lock (_gate)
        {
            _flush = work;
            _waiting.TrySetResult();
        }
    }

    /// <summary>Flushes what waits; false when nothing does.</summary>
    public bool Flush()
    {
        var flush = Take();
        flush?.Invoke();
        return flush is not null;
    }

    /// <summary>Forgets what waits: the store has lost its power.</summary>
    public Action? Take()
    {
        lock (_gate)
        {
            var flush = _flush;
            _flush = null;
            _waiting = flush is null ? _waiting : NewSignal();
            return flush;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
