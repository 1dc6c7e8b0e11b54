using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using EventMesh.Storage;
using EventMesh.Storage.Memory;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>Logs in memory that say of themselves what the test sets.</summary>
internal sealed class LogInState(NodeId node) : IEventLogProvider
{
    private readonly MemoryLogStore _store = new(node, new MemoryStorageOptions(), TimeProvider.System);

    public LogHealth Health { get; set; } = new(LogStatus.Healthy, "", 0, "memory");

    public bool IsShared => false;

    public ValueTask<IEventLog> OpenAsync(NodeId node, CancellationToken cancellationToken) => new(new Log(this, _store.OpenLog()));

    private sealed class Log(LogInState owner, IEventLog inner) : IEventLog
    {
        public NodeIdentity Identity => inner.Identity;

        public long CurrentTimeUnixMs => inner.CurrentTimeUnixMs;

        public long FlushVersion => inner.FlushVersion;

        public LogHealth Health => owner.Health;

        public ValueTask<ITopicWriter> OpenWriterAsync(TopicName topic, CancellationToken cancellationToken) => inner.OpenWriterAsync(topic, cancellationToken);

        public ITopicReader GetReader(TopicName topic) => inner.GetReader(topic);

        public IReadOnlyList<TopicSummary> ListTopics(TopicName after, int limit) => inner.ListTopics(after, limit);

        public IDisposable Subscribe(IFlushListener listener) => inner.Subscribe(listener);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
