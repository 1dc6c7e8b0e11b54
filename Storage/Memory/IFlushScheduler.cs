namespace EventMesh.Storage.Memory;

/// <summary>Decides when what has gathered is flushed. Tests and simulations own it; production flushes as soon as it can.</summary>
public interface IFlushScheduler
{
    /// <summary>Must run <paramref name="flush"/> once, later and on another stack. Not called again before that flush has begun.</summary>
    void Schedule(Action flush);
}

/// <summary>Flushes on the thread pool: what is appended while a flush runs is the next group.</summary>
public sealed class ThreadPoolFlushScheduler : IFlushScheduler
{
    /// <summary>The one instance.</summary>
    public static ThreadPoolFlushScheduler Instance { get; } = new();

    /// <inheritdoc/>
    public void Schedule(Action flush) => ThreadPool.UnsafeQueueUserWorkItem(static run => run(), flush, preferLocal: false);
}
