using System.Collections.Concurrent;

namespace EventMesh.Storage.Files;

/// <summary>Runs work one after the other on a thread of its own, so that flushing neither waits for the thread pool nor holds one of its threads.</summary>
internal sealed class DedicatedWorkScheduler : IWorkScheduler, IDisposable
{
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly SemaphoreSlim _available = new(0);
    private readonly Thread _thread;
    private volatile bool _isDisposed;

    public DedicatedWorkScheduler(string name)
    {
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Schedule(Action work)
    {
        _work.Enqueue(work);
        _available.Release();
    }

    /// <summary>Ends the thread after what was scheduled; waits for it unless called on it.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _available.Release();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private void Run()
    {
        while (true)
        {
            _available.Wait();
            if (_work.TryDequeue(out var work))
            {
                work();
            }
            else if (_isDisposed)
            {
                return;
            }
        }
    }
}
