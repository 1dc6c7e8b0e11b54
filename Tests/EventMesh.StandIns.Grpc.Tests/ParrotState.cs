using System.Collections.Concurrent;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>What the handlers of a server tell the test, and what they wait for.</summary>
public sealed class ParrotState
{
    private int _progress;

    /// <summary>Done when a handler that waits has begun.</summary>
    public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when a handler saw its call cancelled.</summary>
    public TaskCompletionSource Cancelled { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set by the test to let a handler go on.</summary>
    public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What happened in handlers, in order.</summary>
    public ConcurrentQueue<string> Notes { get; } = new();

    /// <summary>Messages that a streaming handler has written or read.</summary>
    public int Progress => Volatile.Read(ref _progress);

    public void Advance() => Interlocked.Increment(ref _progress);
}
