using System.Collections.Concurrent;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;
using EventMesh.Storage;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>A node without Orleans: one memory log, writers on demand, wake-ups straight from the flush.</summary>
internal sealed class FakeLinkHost : ILinkHost, IFlushListener, IAsyncDisposable
{
    private readonly ConcurrentDictionary<TopicName, Task<ITopicWriter>> _writers = new();
    private readonly ConcurrentDictionary<NodeId, (IReadOnlyList<TopicPattern> Patterns, Action<TopicAdvance> OnAdvance)> _peers = new();
    private readonly List<Action> _onChange = [];
    private readonly IDisposable _subscription;
    private TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeLinkHost(IEventLog log)
    {
        Log = log;
        _subscription = log.Subscribe(this);
    }

    public NodeIdentity Identity => Log.Identity;

    public IEventLog Log { get; }

    public NodeInterest Interest { get; private set; } = new(0, []);

    /// <summary>When set, storing fails with this code.</summary>
    public MeshErrorCode StoreFailure { get; set; }

    /// <summary>Storing waits for this.</summary>
    public Task StoreGate { get; set; } = Task.CompletedTask;

    public void Want(params string[] patterns)
    {
        Interest = new NodeInterest(Interest.Version + 1, [.. patterns.Select(TopicPattern.Parse)]);
        Action[] listeners;
        lock (_onChange)
        {
            listeners = [.. _onChange];
        }

        Array.ForEach(listeners, static listener => listener());
    }

    public IDisposable OnInterestChanged(Action onChange)
    {
        lock (_onChange)
        {
            _onChange.Add(onChange);
        }

        return new Unsubscriber(() =>
        {
            lock (_onChange)
            {
                _onChange.Remove(onChange);
            }
        });
    }

    public ValueTask<long> SetRemoteInterestAsync(
        NodeId peer, IReadOnlyList<TopicPattern> patterns, Action<TopicAdvance> onAdvance, CancellationToken cancellationToken)
    {
        _peers[peer] = (patterns, onAdvance);
        return new(Log.CurrentTimeUnixMs);
    }

    public async ValueTask<ReplicateOutcome> ReplicateAsync(
        TopicName topic, NodeId origin, IReadOnlyList<ReplicaItem> items, CancellationToken cancellationToken)
    {
        await StoreGate.WaitAsync(cancellationToken);
        if (StoreFailure != MeshErrorCode.None)
        {
            return new ReplicateOutcome([], StoreFailure, TimeSpan.FromMilliseconds(20));
        }

        var writer = await WriterAsync(topic);
        var results = items.Select(item => StoreAsync(writer, item, cancellationToken)).ToArray();
        return new ReplicateOutcome(await Task.WhenAll(results), MeshErrorCode.None, null);
    }

    public async ValueTask<PublishReceipt> IngestAsync(TopicName topic, EventBatch events, CancellationToken cancellationToken)
    {
        var result = await (await WriterAsync(topic)).AppendAsync(events, Durability.Disk, cancellationToken);
        return new PublishReceipt(Identity, result.First.Sequence, result.FirstOffset, result.Count, result.Durability);
    }

    public async Task<Position> PublishAsync(string topic, params IReadOnlyList<string> payloads)
    {
        var builder = new EventBatchBuilder();
        foreach (var payload in payloads)
        {
            builder.Add(System.Text.Encoding.UTF8.GetBytes(payload));
        }

        var result = await (await WriterAsync(TopicName.Parse(topic))).AppendAsync(builder.BuildCopy(), Durability.Disk, CancellationToken.None);
        return new Position(result.First.Incarnation, result.First.Sequence + result.Count - 1);
    }

    /// <summary>Waits until this node holds <paramref name="origin"/>'s events of the topic up to <paramref name="position"/>.</summary>
    public async Task HoldsAsync(string topic, NodeId origin, Position position)
    {
        var reader = Log.GetReader(TopicName.Parse(topic));
        await WaitAsync(() => reader.FlushedPosition(origin) >= position, () =>
            $"{Identity.Node} to hold {origin}'s {topic} up to {position}; it holds {reader.FlushedPosition(origin)}");
    }

    public async Task WaitAsync(Func<bool> condition, Func<string> describe)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var next = Volatile.Read(ref _flushed).Task;
            if (condition())
            {
                return;
            }

            try
            {
                await next.WaitAsync(timeout.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"Expected {describe()}.");
            }
        }
    }

    /// <summary>All records of a topic as <c>origin/sequence:payload</c>, gaps as <c>origin gap reason</c>.</summary>
    public async Task<IReadOnlyList<string>> ReadAllAsync(string topic)
    {
        var lines = new List<string>();
        var reader = Log.GetReader(TopicName.Parse(topic));
        for (var next = LogOffset.Zero; next < reader.Bounds.End;)
        {
            using var batch = await reader.ReadAsync(next, 1 << 20, 10_000, CancellationToken.None);
            lines.AddRange(batch.Records.Select(static record => record.Kind == RecordKind.Gap
                ? $"{record.Origin} gap {GapBody.Decode(record.Body.Span).Reason}"
                : $"{record.Origin}/{record.Position.Sequence}:{System.Text.Encoding.UTF8.GetString(EventBody.Payload(record.Body).Span)}"));
            next = batch.Next;
        }

        return lines;
    }

    public void OnFlushed(ReadOnlySpan<TopicAdvance> advances)
    {
        foreach (var advance in advances)
        {
            foreach (var (patterns, onAdvance) in _peers.Values)
            {
                if (patterns.Any(pattern => pattern.Matches(advance.Topic)))
                {
                    onAdvance(advance);
                }
            }
        }

        Interlocked.Exchange(ref _flushed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        await Log.DisposeAsync();
    }

    private static async Task<ReplicateResult> StoreAsync(ITopicWriter writer, ReplicaItem item, CancellationToken cancellationToken) => item.Batch is { } batch
        ? await writer.ReplicateAsync(batch, cancellationToken)
        : await writer.ReplicateAsync(item.Gap!, cancellationToken);

    private Task<ITopicWriter> WriterAsync(TopicName topic) => _writers.GetOrAdd(topic, name => Log.OpenWriterAsync(name, CancellationToken.None).AsTask());

    private sealed class Unsubscriber(Action dispose) : IDisposable
    {
        public void Dispose() => dispose();
    }
}
