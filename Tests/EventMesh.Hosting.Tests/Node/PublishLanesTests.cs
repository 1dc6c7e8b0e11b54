using System.Collections.Concurrent;
using System.Text;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Topics;
using EventMesh.Hosting.Node.Publishing;
using EventMesh.Hosting.Tests.Support;
using EventMesh.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Hosting.Tests.Node;

public sealed partial class PublishLanesTests : IDisposable
{
    private readonly ConcurrentQueue<Call> _calls = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly EventMeshOptions _options = new();
    private readonly ManualTimeProvider _time = new();
    private readonly OpenTopics _open;

    public PublishLanesTests() => _open = new OpenTopics(_time);

    public void Dispose() => _arrived.Dispose();

    [Fact]
    public async Task Publish_WhileAnAppendIsUnderWay_GathersForTheNext()
    {
        var lanes = Lanes();
        var publishes = new List<Task<Hosting.Node.PublishReceipt>> { PublishAsync(lanes, "orders", "0") };
        var first = await NextAsync();
        publishes.AddRange(Enumerable.Range(1, 4).Select(i => PublishAsync(lanes, "orders", $"{i}")));
        Assert.Empty(_calls);

        first.Store(first: 10);
        var second = await NextAsync();
        second.Store(first: 11);

        var receipts = await Task.WhenAll(publishes);
        Assert.Equal(["0"], Payloads(first));
        Assert.Equal(["1", "2", "3", "4"], Payloads(second));
        Assert.Equal([10, 11, 12, 13, 14], receipts.Select(receipt => receipt.FirstSequence));
        Assert.All(receipts, receipt => Assert.Equal(1, receipt.Count));
    }

    [Fact]
    public async Task Publish_OfOtherTopics_DoesNotWait()
    {
        var lanes = Lanes();

        var a = PublishAsync(lanes, "a", "1");
        var b = PublishAsync(lanes, "b", "2");

        var calls = new[] { await NextAsync(), await NextAsync() };
        Array.ForEach(calls, static call => call.Store(0));
        await Task.WhenAll(a, b);
    }

    [Fact]
    public async Task Lane_WhenNothingIsPending_IsRemoved()
    {
        var lanes = Lanes();
        var publish = PublishAsync(lanes, "a", "1");
        Assert.Equal(1, lanes.Count);

        (await NextAsync()).Store(0);
        await publish;

        // The lane goes just after its last receipt.
        Assert.True(SpinWait.SpinUntil(() => lanes.Count == 0, TestNode.Patience), $"Expected no lane; there are {lanes.Count}.");
    }

    [Fact]
    public async Task Publish_OfAnotherDurability_GoesByItselfInOrder()
    {
        var lanes = Lanes();
        var first = PublishAsync(lanes, "a", "0");
        var under = await NextAsync();
        var publishes = new[]
        {
            PublishAsync(lanes, "a", "1", Durability.Memory), PublishAsync(lanes, "a", "2", Durability.Memory), PublishAsync(lanes, "a", "3"),
        };

        under.Store(0);
        var memory = await NextAsync();
        memory.Store(1);
        var last = await NextAsync();
        last.Store(3);

        await first;
        await Task.WhenAll(publishes);
        Assert.Equal(["1", "2"], Payloads(memory));
        Assert.Equal(Durability.Memory, memory.Request.Durability);
        Assert.Equal(["3"], Payloads(last));
    }

    [Fact]
    public async Task Publish_BeyondTheTopicsLimit_IsBusyAtOnce_AndFreeAgainLater()
    {
        _options.MaxPendingTopicBytes = 100;
        var lanes = Lanes();
        var first = PublishAsync(lanes, "a", new string('x', 60));

        var busy = await Assert.ThrowsAsync<EventMeshException>(() => PublishAsync(lanes, "a", new string('x', 60)));
        (await NextAsync()).Store(0);
        await first;
        var later = PublishAsync(lanes, "a", new string('x', 60));
        (await NextAsync()).Store(1);
        await later;

        Assert.Equal(MeshErrorCode.Busy, busy.Code);
        Assert.NotNull(busy.RetryAfter);
    }

    [Fact]
    public async Task Publish_BeyondTheSilosLimit_IsBusyAtOnce()
    {
        _options.MaxPendingBytes = 100;
        var lanes = Lanes();
        var first = PublishAsync(lanes, "a", new string('x', 60));

        var busy = await Assert.ThrowsAsync<EventMeshException>(() => PublishAsync(lanes, "b", new string('x', 60)));
        (await NextAsync()).Store(0);
        await first;

        Assert.Equal(MeshErrorCode.Busy, busy.Code);
    }

    [Fact]
    public async Task Publish_WhenNoAnswerComes_IsAnUnknownOutcome_AndIsNotRepeated()
    {
        var lanes = Lanes();
        var publish = PublishAsync(lanes, "a", "1");

        (await NextAsync()).Answer.SetException(new TimeoutException());

        Assert.Equal(MeshErrorCode.OutcomeUnknown, (await Assert.ThrowsAsync<EventMeshException>(() => publish)).Code);
        Assert.Empty(_calls);
    }

    [Fact]
    public async Task Publish_WhenFenced_IsSentAgain()
    {
        var lanes = Lanes();
        var publish = PublishAsync(lanes, "a", "1");

        (await NextAsync()).Refuse(MeshErrorCode.LogFenced);
        (await NextAsync()).Store(4);

        Assert.Equal(4, (await publish).FirstSequence);
    }

    [Fact]
    public async Task Publish_WhenRefused_TellsEveryOneOfTheBatch_AndGoesOn()
    {
        var lanes = Lanes();
        var first = PublishAsync(lanes, "a", "0");
        var under = await NextAsync();
        var refused = new[] { PublishAsync(lanes, "a", "1"), PublishAsync(lanes, "a", "2") };
        under.Store(0);
        await first;

        (await NextAsync()).Refuse(MeshErrorCode.LogFull);

        foreach (var publish in refused)
        {
            Assert.Equal(MeshErrorCode.LogFull, (await Assert.ThrowsAsync<EventMeshException>(() => publish)).Code);
        }
    }

    [Fact]
    public async Task Publish_GivenUpBeforeItsTurn_IsNeverSent()
    {
        var lanes = Lanes();
        using var giveUp = new CancellationTokenSource();
        var first = PublishAsync(lanes, "a", "0");
        var under = await NextAsync();
        var second = lanes.PublishAsync(TestEvents.Topic("a"), TestEvents.Batch("1"), default, Durability.Disk, giveUp.Token).AsTask();
        var third = PublishAsync(lanes, "a", "2");

        await giveUp.CancelAsync();
        under.Store(0);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        var next = await NextAsync();
        Assert.Equal(["2"], Payloads(next));
        next.Store(1);
        await Task.WhenAll(first, third);
    }

    [Fact]
    public async Task Publish_FromManyThreads_KeepsEachOnesOrder()
    {
        var stored = new List<string>();
        var lanes = new PublishLanes(
            new TopicAppender(
                async (_, request) =>
                {
                    await Task.Yield();
                    var first = stored.Count;
                    stored.AddRange(Payloads(request));
                    return new AppendReply(MeshErrorCode.None, "", 0, first, 1, first, Durability.Memory);
                },
                _open),
            NodeId.Parse("west"),
            _options,
            TestMeters.Node(),
            NullLogger.Instance);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(producer => Task.Run(async () =>
        {
            for (var i = 0; i < 500; i++)
            {
                await PublishAsync(lanes, "a", $"{producer}/{i}");
            }
        })));

        Assert.Equal(4_000, stored.Count);
        foreach (var group in stored.GroupBy(static payload => payload.Split('/')[0]))
        {
            Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{group.Key}/{i}"), group);
        }
    }

    private static Task<Hosting.Node.PublishReceipt> PublishAsync(
        PublishLanes lanes, string topic, string payload, Durability durability = Durability.Disk) =>
        lanes.PublishAsync(TestEvents.Topic(topic), TestEvents.Batch(payload), default, durability, CancellationToken.None).AsTask();

    private static List<string> Payloads(Call call) => Payloads(call.Request);

    private static List<string> Payloads(AppendRequest request)
    {
        var payloads = new List<string>();
        var reader = new EventBatchReader(new EventBatch(request.Count, 0, request.Packed));
        while (reader.MoveNext())
        {
            payloads.Add(Encoding.UTF8.GetString(EventBody.Payload(reader.Body).Span));
        }

        return payloads;
    }

    private PublishLanes Lanes() => new(
        new TopicAppender(
            (_, request) =>
            {
                var call = new Call(request);
                _calls.Enqueue(call);
                _arrived.Release();
                return call.Answer.Task;
            },
            _open),
        NodeId.Parse("west"),
        _options,
        TestMeters.Node(),
        NullLogger.Instance);

    private async Task<Call> NextAsync()
    {
        Assert.True(await _arrived.WaitAsync(TestNode.Patience), "Expected another append.");
        Assert.True(_calls.TryDequeue(out var call));
        return call;
    }

    private sealed record Call(AppendRequest Request)
    {
        public TaskCompletionSource<AppendReply> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public AppendReply Stored(long first) => new(MeshErrorCode.None, "", 0, first, 1, first, Request.Durability);

        public void Store(long first) => Answer.SetResult(Stored(first));

        public void Refuse(MeshErrorCode code) => Answer.SetResult(new AppendReply(code, "no", 0, 0, 0, 0, Durability.Memory));
    }
}
