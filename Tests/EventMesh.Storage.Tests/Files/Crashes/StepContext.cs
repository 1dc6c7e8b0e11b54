namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>Keeps what goes on after an await until the run says so: without it, the thread pool would have a say in what a seed stands for. One thread.</summary>
internal sealed class StepContext : SynchronizationContext
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _posted = new();

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state) => _posted.Enqueue((d, state));

    /// <summary>Runs what waits, and what that leads to.</summary>
    public void Drain()
    {
        while (_posted.TryDequeue(out var next))
        {
            next.Callback(next.State);
        }
    }

    /// <summary>Makes this the thread's context until the result is disposed.</summary>
    public IDisposable Enter()
    {
        var outer = Current;
        SetSynchronizationContext(this);
        return new Exit(outer);
    }

    private sealed class Exit(SynchronizationContext? outer) : IDisposable
    {
        public void Dispose() => SetSynchronizationContext(outer);
    }
}
