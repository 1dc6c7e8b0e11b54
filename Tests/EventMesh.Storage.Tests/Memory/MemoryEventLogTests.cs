using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Time;

namespace EventMesh.Storage.Tests.Memory;

/// <summary>The contract over a store of one silo.</summary>
public sealed class MemoryEventLogTests : EventLogContract
{
    protected override EventLogHarness Create(EventLogLimits limits) => new MemoryLogHarness(limits, shared: false);
}

/// <summary>The contract over a store that another silo has open as well.</summary>
public sealed class SharedMemoryEventLogTests : EventLogContract
{
    protected override EventLogHarness Create(EventLogLimits limits) => new MemoryLogHarness(limits, shared: true);
}

/// <summary>What only the memory store does: sharing, incarnations, and flushing by itself.</summary>
public sealed class MemoryLogStoreTests
{
    private static readonly NodeId Node = NodeId.Parse("home");
    private static readonly TopicName Topic = TopicName.Parse("orders");
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task OpenLog_WhileAnotherIsOpen_SharesItsIncarnationAndRecords()
    {
        var store = new MemoryLogStore(Node, new MemoryStorageOptions(), _time);
        var (one, two) = (store.OpenLog(), store.OpenLog());

        var writer = await one.OpenWriterAsync(Topic, CancellationToken.None);
        await writer.AppendAsync(Batches.Of("a"), Durability.Disk, CancellationToken.None);

        Assert.Equal(one.Identity, two.Identity);
        Assert.Equal("a", await two.GetReader(Topic).ReadTextAsync());
    }

    [Fact]
    public async Task OpenLog_OnASecondSilo_FencesTheFirstSilosWriterOnly()
    {
        var store = new MemoryLogStore(Node, new MemoryStorageOptions(), _time);
        var (one, two) = (store.OpenLog(), store.OpenLog());
        var older = await one.OpenWriterAsync(Topic, CancellationToken.None);
        var elsewhere = await one.OpenWriterAsync(TopicName.Parse("other"), CancellationToken.None);

        await two.OpenWriterAsync(Topic, CancellationToken.None);

        await Assert.ThrowsAsync<Core.Errors.EventMeshException>(
            () => older.AppendAsync(Batches.Of("late"), Durability.Disk, CancellationToken.None).AsTask());
        Assert.Equal(1, (await elsewhere.AppendAsync(Batches.Of("a"), Durability.Disk, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Listeners_HearOfTheirOwnSilosWritersOnly()
    {
        var scheduler = new ManualFlushScheduler();
        var store = new MemoryLogStore(Node, new MemoryStorageOptions(), _time, scheduler);
        var (one, two) = (store.OpenLog(), store.OpenLog());
        var heard = new List<string>();
        one.Subscribe(new Listener("one", heard));
        two.Subscribe(new Listener("two", heard));
        var writer = await two.OpenWriterAsync(Topic, CancellationToken.None);

        var pending = writer.AppendAsync(Batches.Of("a"), Durability.Disk, CancellationToken.None);
        scheduler.Flush();
        await pending;

        Assert.Equal(["two"], heard);
    }

    [Fact]
    public async Task OpenLog_AfterAllWereClosed_BeginsANewIncarnationAboveAnyHeardOf()
    {
        var store = new MemoryLogStore(Node, new MemoryStorageOptions(), _time);
        var first = store.OpenLog();
        var identity = first.Identity;
        await first.DisposeAsync();

        var second = store.OpenLog().Identity;
        Assert.True(second.Incarnation > identity.Incarnation);
        store.LoseUnflushed();
        var heardOf = new Incarnation(second.Incarnation.Value + 1_000_000);

        Assert.Equal(heardOf.Value + 1, store.OpenLog(heardOf).Identity.Incarnation.Value);
    }

    [Fact]
    public async Task ThreadPoolScheduler_FlushesByItself()
    {
        var store = new MemoryLogStore(Node, new MemoryStorageOptions(), _time);
        var log = store.OpenLog();
        var writer = await log.OpenWriterAsync(Topic, CancellationToken.None);

        for (var i = 0; i < 1000; i++)
        {
            await writer.AppendAsync(Batches.Of("a"), Durability.Disk, CancellationToken.None);
            Assert.Equal(i + 1, log.GetReader(Topic).Bounds.End.Value);
        }
    }

    private sealed class Listener(string name, List<string> heard) : IFlushListener
    {
        public void OnFlushed(ReadOnlySpan<TopicAdvance> advances) => heard.Add(name);
    }
}
