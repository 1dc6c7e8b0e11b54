using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Memory;

/// <summary>A topic's writer: hands over to the store in the caller's turn, then waits for the group that took it.</summary>
internal sealed class MemoryTopicWriter(MemoryLogStore store, MemoryEventLog view, TopicLog log, Term term) : ITopicWriter
{
    private volatile bool _disposed;

    public TopicName Topic => Log.Topic;

    public Term Term { get; } = term;

    public TopicLog Log { get; } = log;

    public MemoryEventLog View { get; } = view;

    public bool IsClosed => _disposed || View.IsClosed;

    public LogOffset NextOffset
    {
        get
        {
            lock (Log.Gate)
            {
                return new LogOffset(Log.Next);
            }
        }
    }

    public Position HeldPosition(NodeId origin)
    {
        lock (Log.Gate)
        {
            return Log.Held(origin);
        }
    }

    public ValueTask<AppendResult> AppendAsync(
        EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken) =>
        HandOver(
            () =>
            {
                var (result, flushed) = store.Append(this, events, producer);
                return (result, durability == Durability.Memory ? Task.CompletedTask : flushed);
            },
            cancellationToken);

    public ValueTask<ReplicateResult> ReplicateAsync(ReplicaBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(batch);
        return HandOver(() => store.Replicate(this, batch), cancellationToken);
    }

    public ValueTask<ReplicateResult> ReplicateAsync(Gap gap, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(gap);
        return HandOver(() => store.Replicate(this, gap), cancellationToken);
    }

    public async ValueTask TrimAsync(LogOffset start, CancellationToken cancellationToken) =>
        await HandOver(() => store.Trim(this, start), cancellationToken);

    public async ValueTask DeleteAsync(CancellationToken cancellationToken) =>
        await HandOver(() => store.Delete(this), cancellationToken);

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        return ValueTask.CompletedTask;
    }

    private static ValueTask<T> HandOver<T>(Func<(T Result, Task Flushed)> handOver, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }

        try
        {
            var (result, flushed) = handOver();
            return flushed.IsCompletedSuccessfully ? new(result) : WaitAsync(result, flushed, cancellationToken);
        }
        catch (EventMeshException e)
        {
            return ValueTask.FromException<T>(e);
        }
    }

    private static async ValueTask<T> WaitAsync<T>(T result, Task flushed, CancellationToken cancellationToken)
    {
        await flushed.WaitAsync(cancellationToken);
        return result;
    }
}
