using EventMesh.Storage;

namespace EventMesh.TestKit.Logs;

/// <summary>Holds work back until the test lets it go, in the order in which it was scheduled. Thread-safe.</summary>
public sealed class QueuedWorkScheduler : IWorkScheduler
{
    private readonly Lock _gate = new();
    private readonly Queue<Action> _work = new();

    /// <inheritdoc/>
    public void Schedule(Action work)
    {
        lock (_gate)
        {
            _work.Enqueue(work);
        }
    }

    /// <summary>Runs what waits, and what that schedules; false if nothing did.</summary>
    public bool RunAll()
    {
        var hasRun = false;
        while (TryTake(out var work))
        {
            work!();
            hasRun = true;
        }

        return hasRun;
    }

    private bool TryTake(out Action? work)
    {
        lock (_gate)
        {
            return _work.TryDequeue(out work);
        }
    }
}
