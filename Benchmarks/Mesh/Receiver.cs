using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Client;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;

namespace EventMesh.Benchmarks.Mesh;

/// <summary>A subscriber that counts what comes. A gap where nothing was to be missing is an error: a figure with losses in it is none.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private const int ReadBytes = 256 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private Task _receiving = Task.CompletedTask;
    private TaskCompletionSource _reached = new();
    private long _wanted = long.MaxValue;
    private long _count;
    private long _lastSequence = -1;

    /// <summary>Events so far.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The origin's sequence of the last event.</summary>
    public long LastSequence => Volatile.Read(ref _lastSequence);

    /// <summary>Where the ages of stamped events are recorded; null while they are not stamped.</summary>
    public Latencies? Latencies { get; set; }

    /// <summary>Subscribes through a door.</summary>
    public static async Task<Receiver> OpenAsync(IMeshClient client, string pattern, CancellationToken cancellationToken)
    {
        var subscription = await client.OpenSubscriptionAsync(pattern, cancellationToken);
        var receiver = new Receiver();
        receiver._receiving = Task.Run(
            async () =>
            {
                await using (subscription)
                {
                    await foreach (var item in subscription.WithCancellation(receiver._stopping.Token))
                    {
                        receiver.OnRecord(item.Gap?.Reason, item.Position, item.Payload);
                    }
                }
            },
            cancellationToken);
        return receiver;
    }

    /// <summary>Subscribes from inside a silo.</summary>
    public static async Task<Receiver> OpenAsync(IMeshNode node, string pattern, CancellationToken cancellationToken)
    {
        var subscription = await node.SubscribeAsync(new SubscribeRequest { Patterns = [TopicPattern.Parse(pattern)] }, cancellationToken);
        var receiver = new Receiver();
        receiver._receiving = Task.Run(
            async () =>
            {
                await using (subscription)
                {
                    while (true)
                    {
                        var delivery = await subscription.ReadAsync(ReadBytes, receiver._stopping.Token);
                        using var batch = delivery.Records;
                        foreach (var record in batch.Records)
                        {
                            var gap = record.Kind == RecordKind.Gap ? GapBody.Decode(record.Body.Span).Reason : (GapReason?)null;
                            receiver.OnRecord(gap, record.Position, record.Body);
                        }
                    }
                }
            },
            cancellationToken);
        return receiver;
    }

    /// <summary>Ends when <paramref name="count"/> events have come since the receiver was opened.</summary>
    /// <exception cref="TimeoutException">None came for a long time.</exception>
    public async Task WaitForAsync(long count, CancellationToken cancellationToken)
    {
        Task reached;
        lock (_gate)
        {
            _reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _wanted, count);
            reached = _reached.Task;
        }

        Notice();
        for (long before; !reached.IsCompleted;)
        {
            before = Count;
            await Task.WhenAny(reached, _receiving, Task.Delay(Patience, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            await ThrowIfFailedAsync();
            if (!reached.IsCompleted && Count == before)
            {
                throw new TimeoutException($"Expected {count} events; {before} came, and none for {Patience}.");
            }
        }
    }

    /// <summary>Throws what has ended the subscription, if anything has.</summary>
    public Task ThrowIfFailedAsync() => _receiving.IsFaulted ? _receiving : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private void OnRecord(GapReason? gap, Position position, ReadOnlyMemory<byte> payload)
    {
        if (gap == GapReason.BeforeInterest)
        {
            // What was published before the subscriber was known at the other end is not missing.
            return;
        }

        if (gap is not null)
        {
            throw new InvalidOperationException($"A gap ({gap}) came after {_count} events.");
        }

        Latencies?.Record(Payloads.Age(payload.Span));
        Volatile.Write(ref _lastSequence, position.Sequence);
        var count = _count + 1;
        Volatile.Write(ref _count, count);
        if (count >= Volatile.Read(ref _wanted))
        {
            Notice();
        }
    }

    private void Notice()
    {
        lock (_gate)
        {
            if (_count >= _wanted)
            {
                _reached.TrySetResult();
            }
        }
    }
}
