using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Topics;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Logs;

namespace EventMesh.Hosting.Tests.Node;

/// <summary>Publishing to topics whose writer is open on the silo: no call, and one flush for many.</summary>
public sealed partial class PublishLanesTests
{
    private readonly ManualFlushScheduler _flush = new();
    private IEventLog? _log;

    private IEventLog Log => _log ??= new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System, _flush).OpenLog();

    [Fact]
    public async Task Publish_ToOpenTopics_IsHandedOverAtOnce_AndSharesAFlush()
    {
        var lanes = Lanes();
        for (var i = 0; i < 20; i++)
        {
            await OpenAsync($"t{i}");
        }

        var publishes = Enumerable.Range(0, 40).Select(i => PublishAsync(lanes, $"t{i % 20}", $"{i}")).ToList();
        Assert.DoesNotContain(publishes, static publish => publish.IsCompleted);
        Assert.True(_flush.Flush());
        await Task.WhenAll(publishes.Take(20));
        await FlushUntilAsync(Task.WhenAll(publishes));

        Assert.Empty(_calls);
        Assert.All(publishes.Take(20), static publish => Assert.Equal(0, publish.Result.FirstOffset.Value));
        Assert.Equal(["3", "23"], await StoredAsync("t3"));
    }

    [Fact]
    public async Task Publish_ToAnOpenTopicWhileAnAppendIsUnderWay_GathersForTheNext()
    {
        var lanes = Lanes();
        await OpenAsync("a");

        var publishes = Enumerable.Range(0, 10).Select(i => PublishAsync(lanes, "a", $"{i}")).ToList();
        Assert.Equal(1, NextOffset("a"));
        _flush.Flush();
        await publishes[0];
        await FlushUntilAsync(Task.WhenAll(publishes));

        Assert.Empty(_calls);
        Assert.Equal(Enumerable.Range(0, 10).Select(static i => $"{i}"), await StoredAsync("a"));
        Assert.Equal(1, lanes.Count);
    }

    [Fact]
    public async Task Publish_WhileTheGrainIsCalled_WaitsForIt_AlthoughTheTopicHasOpened()
    {
        var lanes = Lanes();
        var first = PublishAsync(lanes, "a", "0");
        var call = await NextAsync();
        await OpenAsync("a");

        var second = PublishAsync(lanes, "a", "1");
        Assert.Equal(0, NextOffset("a"));
        call.Store(0);
        await first;
        await FlushUntilAsync(second);

        Assert.Empty(_calls);
        Assert.Equal(["1"], await StoredAsync("a"));
    }

    [Fact]
    public async Task Publish_WhenTheOpenWriterIsFenced_CallsTheGrain_InOrder()
    {
        var lanes = Lanes();
        await OpenAsync("a");
        await Log.OpenWriterAsync(TestEvents.Topic("a"), CancellationToken.None);

        var publishes = new List<Task<Hosting.Node.PublishReceipt>> { PublishAsync(lanes, "a", "0") };
        var first = await NextAsync();
        publishes.Add(PublishAsync(lanes, "a", "1"));
        first.Store(0);
        (await NextAsync()).Store(1);

        Assert.Equal([0L, 1L], (await Task.WhenAll(publishes)).Select(static receipt => receipt.FirstOffset.Value));
        Assert.Equal(["0"], Payloads(first));
        Assert.Equal(0, _open.Count);
    }

    [Fact]
    public async Task Publish_WhenTheOpenWriterIsClosed_CallsTheGrain()
    {
        var lanes = Lanes();
        await (await OpenAsync("a")).Writer.DisposeAsync();

        var publish = PublishAsync(lanes, "a", "0");
        (await NextAsync()).Store(0);

        await publish;
    }

    [Fact]
    public async Task Publish_OnceAMinute_CallsTheGrain_SoThatItIsNotCollected()
    {
        var lanes = Lanes();
        var topic = await OpenAsync("a");
        await FlushUntilAsync(PublishAsync(lanes, "a", "0"));
        _time.Advance(OpenTopics.CallInterval);

        var publish = PublishAsync(lanes, "a", "1");
        var call = await NextAsync();
        _open.Called(topic);
        call.Store(1);
        await publish;
        await FlushUntilAsync(PublishAsync(lanes, "a", "2"));

        Assert.Empty(_calls);
    }

    [Fact]
    public async Task Publish_BeyondTheTopicsLimit_IsBusy_AlsoWhereTheTopicIsOpen()
    {
        _options.MaxPendingTopicBytes = 100;
        var lanes = Lanes();
        await OpenAsync("a");
        var first = PublishAsync(lanes, "a", new string('x', 60));

        var busy = await Assert.ThrowsAsync<EventMeshException>(() => PublishAsync(lanes, "a", new string('x', 60)));
        await FlushUntilAsync(first);
        await FlushUntilAsync(PublishAsync(lanes, "a", new string('x', 60)));

        Assert.Equal(MeshErrorCode.Busy, busy.Code);
    }

    [Fact]
    public async Task Publish_RefusedByTheLog_TellsTheCode_AndGoesOn()
    {
        var lanes = Lanes();
        await OpenAsync("a");

        var refused = await Assert.ThrowsAsync<EventMeshException>(() => PublishAsAsync(lanes, "shop", 5, "x"));
        var receipt = PublishAsAsync(lanes, "shop", 0, "x");
        await FlushUntilAsync(receipt);
        var again = PublishAsAsync(lanes, "shop", 0, "x");
        await FlushUntilAsync(again);

        Assert.Equal(MeshErrorCode.ProducerUnknown, refused.Code);
        Assert.Equal(await receipt with { IsDuplicate = true }, await again);
        Assert.Empty(_calls);
    }

    [Fact]
    public async Task Lane_OfAnOpenTopic_GoesWhenTheTopicCloses()
    {
        var lanes = Lanes();
        var (idle, busy) = (await OpenAsync("idle"), await OpenAsync("busy"));
        await FlushUntilAsync(PublishAsync(lanes, "idle", "0"));
        var publish = PublishAsync(lanes, "busy", "0");
        Assert.Equal(2, lanes.Count);

        _open.Close(idle);
        _open.Close(busy);
        Assert.Equal(1, lanes.Count);
        await FlushUntilAsync(publish);

        // The lane goes just after its last receipt.
        Assert.True(SpinWait.SpinUntil(() => lanes.Count == 0, TestNode.Patience), $"Expected no lane; there are {lanes.Count}.");
    }

    private async Task<OpenTopic> OpenAsync(string topic) =>
        _open.Open(await Log.OpenWriterAsync(TestEvents.Topic(topic), CancellationToken.None));

    private long NextOffset(string topic) => _open.Find(TestEvents.Topic(topic))!.Writer.NextOffset.Value;

    /// <summary>Flushes whatever comes to wait, until the task has ended.</summary>
    private async Task FlushUntilAsync(Task publish)
    {
        while (!publish.IsCompleted)
        {
            _flush.Flush();
            await Task.Yield();
        }

        await publish;
    }

    private async Task<List<string>> StoredAsync(string topic)
    {
        using var batch = await Log.GetReader(TestEvents.Topic(topic)).ReadAsync(LogOffset.Zero, 1024 * 1024, 1_000, CancellationToken.None);
        return [.. batch.Records.Select(TestEvents.Text)];
    }
}
