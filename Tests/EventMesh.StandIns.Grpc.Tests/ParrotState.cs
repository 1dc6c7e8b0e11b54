namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>What the handlers of a server tell the test, and what they wait for.</summary>
public sealed class ParrotState
{
    private int _progress;

    /// <summary>Done when a handler that waits has begun.</summary>
    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when a handler that waits for its token saw it cancelled.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when a handler that streams responses has ended, in whatever way.</summary>
    public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set by the test to let a handler go on.</summary>
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Messages that a streaming handler has written or read.</summary>
    public int Progress => Volatile.Read(ref _progress);

    public void Advance() => Interlocked.Increment(ref _progress);
}
