using EventMesh.Storage;

namespace EventMesh.TestKit.Logs;

/// <summary>Holds a flush back until the test lets it go.</summary>
public sealed class ManualFlushScheduler : IWorkScheduler
{
    private Action? _flush;

    /// <summary>Whether something waits to be flushed.</summary>
    public bool IsWaiting => _flush is not null;

    /// <inheritdoc/>
    public void Schedule(Action work) => Volatile.Write(ref _flush, work);

    /// <summary>Flushes what waits; false if nothing does.</summary>
    public bool Flush()
    {
        var flush = Interlocked.Exchange(ref _flush, null);
        flush?.Invoke();
        return flush is not null;
    }
}
