namespace EventMesh.Storage.Files.Journal;

/// <summary>What all who wait for a group share. Its tasks end outside every lock, and their continuations run on the thread pool.</summary>
internal sealed class GroupSignal
{
    private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the operating system has the group.</summary>
    public Task Written => _written.Task;

    /// <summary>Ends when the group is flushed and can be read.</summary>
    public Task Flushed => _flushed.Task;

    public void CompleteWritten() => _written.TrySetResult();

    public void CompleteFlushed() => _flushed.TrySetResult();

    public void Fail(Exception reason)
    {
        _written.TrySetException(reason);
        _flushed.TrySetException(reason);

        // Nobody may be waiting: appends that asked for memory only have their receipt already.
        _ = _written.Task.Exception;
        _ = _flushed.Task.Exception;
    }
}
