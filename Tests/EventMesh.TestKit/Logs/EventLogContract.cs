using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using Xunit;

namespace EventMesh.TestKit.Logs;

/// <summary>What every event log does. A store derives a class and gives a harness; all tests then run against it.</summary>
public abstract partial class EventLogContract
{
    private static readonly NodeId Home = NodeId.Parse(EventLogHarness.NodeName);
    private static readonly NodeId East = NodeId.Parse("east");
    private static readonly NodeId West = NodeId.Parse("west");
    private static readonly TopicName Orders = TopicName.Parse("orders.eu");
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>A new, empty store.</summary>
    protected abstract EventLogHarness Create(EventLogLimits limits);

    private EventLogHarness Create() => Create(new EventLogLimits());

    private static async Task<EventMeshException> ThrowsAsync(MeshErrorCode code, Func<Task> action)
    {
        var exception = await Assert.ThrowsAsync<EventMeshException>(action);
        Assert.Equal(code, exception.Code);
        return exception;
    }

    private static async Task<T> FlushedAsync<T>(EventLogHarness harness, ValueTask<T> pending)
    {
        await harness.FlushAsync();
        return await pending;
    }

    private static async Task FlushedAsync(EventLogHarness harness, ValueTask pending)
    {
        await harness.FlushAsync();
        await pending;
    }

    [Fact]
    public async Task Append_WhenFlushed_NumbersEventsFromZeroAndReturnsThemInOrder()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);

        var first = await FlushedAsync(harness, writer.AppendAsync(Batches.Of("a", "b"), Durability.Disk, None));
        var second = await FlushedAsync(harness, writer.AppendAsync(Batches.Of("c"), Durability.Disk, None));

        Assert.Equal((0, 0, 2), (first.FirstOffset.Value, first.First.Sequence, first.Count));
        Assert.Equal((2, 2, 1), (second.FirstOffset.Value, second.First.Sequence, second.Count));
        Assert.Equal(harness.Log.Identity.Incarnation, second.First.Incarnation);
        Assert.Equal("a b c", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Append_WhenFlushed_RecordsCarryIdentityOffsetAndTime()
    {
        await using var harness = Create();
        harness.Time.Advance(TimeSpan.FromMinutes(1));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);

        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("a", "b"), Durability.Disk, None));

        var record = (await harness.Log.GetReader(Orders).ReadAllAsync())[1];
        Assert.Equal(RecordKind.Event, record.Kind);
        Assert.Equal((1, 2), (record.Offset.Value, record.Next.Value));
        Assert.Equal((Home, new Position(harness.Log.Identity.Incarnation, 1)), (record.Origin, record.Position));
        Assert.Equal(harness.Time.GetUtcNow().ToUnixTimeMilliseconds(), record.TimeUnixMs);
    }

    [Fact]
    public async Task Append_BeforeFlush_IsSeenByTheWriterOnly()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var reader = harness.Log.GetReader(Orders);

        var pending = writer.AppendAsync(Batches.Of("a"), Durability.Disk, None);

        Assert.Equal((1, 0), (writer.NextOffset.Value, writer.HeldPosition(Home).Sequence));
        Assert.Equal(LogOffset.Zero, reader.Bounds.End);
        Assert.Equal(Position.None, reader.FlushedPosition(Home));
        Assert.Empty(await reader.ReadAllAsync());
        Assert.False(pending.IsCompleted);
        await FlushedAsync(harness, pending);
        Assert.Equal(1, reader.Bounds.End.Value);
    }

    [Fact]
    public async Task Append_WhenMemoryIsEnough_IsAcknowledgedBeforeItIsVisible()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);

        var receipt = await writer.AppendAsync(Batches.Of("a"), Durability.Memory, None);

        Assert.Equal(Durability.Memory, receipt.Durability);
        Assert.Equal(LogOffset.Zero, harness.Log.GetReader(Orders).Bounds.End);
    }

    [Fact]
    public async Task Append_WhenTheCallerReusesItsBuffer_KeepsItsOwnCopy()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var builder = new EventBatchBuilder();
        builder.Add("first"u8);

        var pending = writer.AppendAsync(builder.Build(), Durability.Disk, None);
        builder.Reset();
        builder.Add("other"u8);
        await FlushedAsync(harness, pending);

        Assert.Equal("first", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Append_WhenTheBatchCannotBeRead_StoresNothingOfIt()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var sound = Batches.Of("a", "b");

        await ThrowsAsync(
            MeshErrorCode.MalformedEvent, () => writer.AppendAsync(sound with { Count = 3 }, Durability.Disk, None).AsTask());
        await harness.FlushAsync();

        Assert.Equal(LogOffset.Zero, writer.NextOffset);
        Assert.Empty(await harness.Log.GetReader(Orders).ReadAllAsync());
    }

    [Fact]
    public async Task Append_WhenCancelledWhileWaiting_GivesUpTheWaitAndKeepsTheEvents()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        using var cancellation = new CancellationTokenSource();

        var pending = writer.AppendAsync(Batches.Of("a"), Durability.Disk, cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pending);
        await harness.FlushAsync();
        Assert.Equal("a", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Append_WhenCancelledBefore_StoresNothing()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => writer.AppendAsync(Batches.Of("a"), Durability.Disk, new CancellationToken(canceled: true)).AsTask());

        Assert.Equal(LogOffset.Zero, writer.NextOffset);
    }

    [Fact]
    public async Task Append_FromManyThreads_KeepsEachThreadsOrderAndDoublesNothing()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        const int Threads = 4;
        const int Each = 500;

        var pending = await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
            Enumerable.Range(0, Each).Select(i => writer.AppendAsync(Batches.Of($"{thread}:{i:D4}"), Durability.Disk, None).AsTask()).ToList())));
        await harness.FlushAsync();
        var receipts = await Task.WhenAll(pending.SelectMany(tasks => tasks));

        var texts = (await harness.Log.GetReader(Orders).ReadAllAsync()).Select(Batches.TextOf).ToList();
        Assert.Equal(Threads * Each, receipts.Select(receipt => receipt.FirstOffset).Distinct().Count());
        for (var thread = 0; thread < Threads; thread++)
        {
            Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{thread}:{i:D4}"), texts.Where(text => text.StartsWith($"{thread}:", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task PowerFailure_LosesWhatWasNotFlushedAndGoesOnFromTheRestInANewIncarnation()
    {
        await using var harness = Create();
        var before = harness.Log.Identity.Incarnation;
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("kept"), Durability.Disk, None));
        var lost = writer.AppendAsync(Batches.Of("lost", "lost"), Durability.Disk, None).AsTask();

        await harness.PowerFailAsync();

        await Assert.ThrowsAsync<EventMeshException>(() => lost);
        var reopened = await harness.Log.OpenWriterAsync(Orders, None);
        Assert.Equal(1, reopened.NextOffset.Value);
        Assert.Equal(new Position(before, 0), reopened.HeldPosition(Home));
        var next = await FlushedAsync(harness, reopened.AppendAsync(Batches.Of("next"), Durability.Disk, None));
        Assert.True(next.First.Incarnation > before);
        Assert.Equal((1, 1), (next.FirstOffset.Value, next.First.Sequence));
        Assert.Equal("kept next", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task PowerFailure_LosesReplicatedEventsAndTheirPositionTogether()
    {
        await using var harness = Create(new EventLogLimits(SegmentBytes: 1024));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, writer.ReplicateAsync(Batches.From(East, 5, Position.None, "e0", "e1"), None));
        for (var i = 2; i < 60; i++)
        {
            _ = writer.ReplicateAsync(Batches.From(East, 5, Batches.At(5, i - 1), $"e{i}"), None).AsTask().ContinueWith(
                static task => _ = task.Exception, TaskScheduler.Default);
        }

        await harness.PowerFailAsync();

        var reopened = await harness.Log.OpenWriterAsync(Orders, None);
        Assert.Equal(Batches.At(5, 1), reopened.HeldPosition(East));
        var result = await FlushedAsync(harness, reopened.ReplicateAsync(Batches.From(East, 5, Batches.At(5, 1), "e2"), None));
        Assert.Equal(ReplicaVerdict.Take, result.Verdict);
        Assert.Equal("e0 e1 e2", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Dispose_FlushesWhatWasHandedOverAndRefusesTheRest()
    {
        await using var harness = Create();
        var log = harness.Log;
        var writer = await log.OpenWriterAsync(Orders, None);
        var pending = writer.AppendAsync(Batches.Of("a"), Durability.Disk, None).AsTask();

        await log.DisposeAsync();

        Assert.Equal(1, (await pending).Count);
        await ThrowsAsync(MeshErrorCode.LogClosed, () => writer.AppendAsync(Batches.Of("b"), Durability.Disk, None).AsTask());
        await ThrowsAsync(MeshErrorCode.LogClosed, () => log.OpenWriterAsync(Orders, None).AsTask());
    }

    [Fact]
    public async Task Failure_OfTheDevice_FailsWaitersAndLaterWritesAndMovesNothing()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("a"), Durability.Disk, None));
        var pending = writer.AppendAsync(Batches.Of("b"), Durability.Disk, None).AsTask();

        await harness.BreakAsync();

        await ThrowsAsync(MeshErrorCode.LogFailed, () => pending);
        await ThrowsAsync(MeshErrorCode.LogFailed, () => writer.AppendAsync(Batches.Of("c"), Durability.Disk, None).AsTask());
        await ThrowsAsync(MeshErrorCode.LogFailed, () => harness.Log.OpenWriterAsync(Orders, None).AsTask());
        Assert.Equal("a", await harness.Log.GetReader(Orders).ReadTextAsync());
    }
}
