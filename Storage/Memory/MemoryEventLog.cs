using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Memory;

/// <summary>One silo's view of a <see cref="MemoryLogStore"/>: its own writers and listeners over the shared records.</summary>
internal sealed class MemoryEventLog(MemoryLogStore store, NodeIdentity identity) : IEventLog
{
    private volatile bool _closed;

    public NodeIdentity Identity { get; } = identity;

    public long CurrentTimeUnixMs => store.ReadTime();

    public long FlushVersion => store.FlushVersion;

    public LogHealth Health => store.Health;

    public bool IsClosed => _closed;

    public ValueTask<ITopicWriter> OpenWriterAsync(TopicName topic, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ITopicWriter>(cancellationToken);
        }

        try
        {
            return new(store.OpenWriter(this, topic));
        }
        catch (EventMeshException e)
        {
            return ValueTask.FromException<ITopicWriter>(e);
        }
    }

    public ITopicReader GetReader(TopicName topic) => new MemoryTopicReader(store, topic);

    public IReadOnlyList<TopicSummary> ListTopics(TopicName after, int limit) => store.ListTopics(after, limit);

    public IDisposable Subscribe(IFlushListener listener) => Listeners.Add(listener);

    public ValueTask DisposeAsync()
    {
        if (!_closed)
        {
            // What was handed over is flushed first, so nothing waits for ever.
            store.Flush();
            store.Close(this);
        }

        return ValueTask.CompletedTask;
    }

    public void MarkClosed() => _closed = true;

    public FlushListeners Listeners { get; } = new(store.Logger);
}
