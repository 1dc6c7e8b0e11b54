using System.Collections.Concurrent;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Node;
using EventMesh.Storage;
using EventMesh.Storage.Memory;

namespace EventMesh.Client.Tests.Doors;

/// <summary>A node without grains: the doors' and the client's own behaviour shows alone. The store outlives it, as a durable one would.</summary>
internal sealed class FakeNode(MemoryLogStore store) : IMeshNode, INodeHealth, IPeerStatusSource, IAsyncDisposable
{
    private readonly IEventLog _log = store.OpenLog();
    private readonly ConcurrentDictionary<TopicName, Task<ITopicWriter>> _writers = new();
    private readonly TaskCompletionSource _publishCalled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public NodeIdentity Identity => _log.Identity;

    public NodeHealth Current { get; set; } = new(true, true, [], []);

    public CancellationToken Stopping => CancellationToken.None;

    public bool IsInterestSynced => true;

    /// <summary>What publishing waits for before it answers, after the events are stored.</summary>
    public Task PublishGate { get; set; } = Task.CompletedTask;

    /// <summary>What publishing is refused with.</summary>
    public EventMeshException? PublishRefusal { get; set; }

    /// <summary>What the next publishes are refused with, one each.</summary>
    public ConcurrentQueue<EventMeshException> Refusals { get; } = new();

    /// <summary>Ends with the first publish.</summary>
    public Task PublishCalled => _publishCalled.Task;

    public ValueTask<PublishReceipt> PublishAsync(
        TopicName topic, EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken)
    {
        _publishCalled.TrySetResult();
        if (PublishRefusal is { } refusal || Refusals.TryDequeue(out refusal))
        {
            throw refusal;
        }

        if (topic.IsSystem)
        {
            throw new EventMeshException(MeshErrorCode.TopicReserved, $"Topic '{topic}' belongs to the system.");
        }

        var writer = _writers.GetOrAdd(topic, name => _log.OpenWriterAsync(name, CancellationToken.None).AsTask());
        return new ValueTask<PublishReceipt>(FinishAsync(writer.GetAwaiter().GetResult().AppendAsync(events, producer, durability, cancellationToken)));
    }

    public ValueTask<IMeshSubscription> SubscribeAsync(SubscribeRequest request, CancellationToken cancellationToken) =>
        new(new FakeSubscription(_log, request));

    public string StorageLocation => _log.Health.Location;

    public ITopicReader GetReader(TopicName topic) => _log.GetReader(topic);

    public IReadOnlyList<TopicSummary> ListTopics(TopicPattern? pattern, TopicName after, int limit) =>
        [.. _log.ListTopics(after, 1_000).Where(topic => pattern?.Matches(topic.Topic) ?? true).Take(limit)];

    public IReadOnlyList<PeerReport> GetPeers() => [];

    public ValueTask DisposeAsync() => _log.DisposeAsync();

    private async Task<PublishReceipt> FinishAsync(ValueTask<AppendResult> append)
    {
        var result = await append;
        await PublishGate;
        var origin = Identity with { Incarnation = result.First.Incarnation };
        return new PublishReceipt(origin, result.First.Sequence, result.FirstOffset, result.Count, result.Durability, result.IsDuplicate);
    }
}
