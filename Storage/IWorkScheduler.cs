namespace EventMesh.Storage;

/// <summary>Runs a store's own work: flushing, and what goes on in the background. Tests and simulations own it.</summary>
public interface IWorkScheduler
{
    /// <summary>Must run <paramref name="work"/> once, later and on another stack. A store schedules no piece of work again before its last run has begun.</summary>
    void Schedule(Action work);
}

/// <summary>Runs work on the thread pool.</summary>
public sealed class ThreadPoolWorkScheduler : IWorkScheduler
{
    /// <summary>The one instance.</summary>
    public static ThreadPoolWorkScheduler Instance { get; } = new();

    /// <inheritdoc/>
    public void Schedule(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static run => run(), work, preferLocal: false);
}
