using System.Text;
using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Client.Tests.Contract;

public abstract partial class MeshClientContract
{
    [Fact]
    public async Task Publish_WhenRepeatedUnderItsNumber_ReturnsTheFirstReceipt_AndStoresItOnce()
    {
        var first = await PublishAsAsync("repeat", "shop", 0, "a");
        var next = await PublishAsAsync("repeat", "shop", 1, "b");

        var again = await PublishAsAsync("repeat", "shop", 0, "a");

        Assert.False(first.IsDuplicate || next.IsDuplicate);
        Assert.Equal(first with { IsDuplicate = true }, again);
        Assert.Equal(["a", "b"], (await ReadAllAsync("repeat")).Select(Text));
    }

    [Fact]
    public async Task Publish_WhenTheNumberLeavesAHole_IsRefused_AndGoesOnOnceItIsFilled()
    {
        await PublishAsAsync("hole", "shop", 0, "a");

        var refused = await Assert.ThrowsAsync<EventMeshException>(() => PublishAsAsync("hole", "shop", 2, "c"));
        await PublishAsAsync("hole", "shop", 1, "b");
        await PublishAsAsync("hole", "shop", 2, "c");

        Assert.Equal(MeshErrorCode.ProducerOutOfOrder, refused.Code);
        Assert.Equal(["a", "b", "c"], (await ReadAllAsync("hole")).Select(Text));
    }

    [Fact]
    public async Task Publish_WhenTheNumberIsOfLongAgo_IsRefused()
    {
        for (var i = 0; i < 7; i++)
        {
            await PublishAsAsync("old", "shop", i, $"{i}");
        }

        var refused = await Assert.ThrowsAsync<EventMeshException>(() => PublishAsAsync("old", "shop", 1, "1"));

        Assert.Equal(MeshErrorCode.ProducerOutOfOrder, refused.Code);
        Assert.True((await PublishAsAsync("old", "shop", 2, "2")).IsDuplicate);
    }

    [Fact]
    public async Task Publish_WhenTheProducerIsUnknownAndNotAtItsBeginning_IsRefused()
    {
        var refused = await Assert.ThrowsAsync<EventMeshException>(() => PublishAsAsync("unknown", "shop", 5, "f"));

        Assert.Equal(MeshErrorCode.ProducerUnknown, refused.Code);
        Assert.False((await PublishAsAsync("unknown", "shop", 0, "a")).IsDuplicate);
    }

    [Fact]
    public async Task Publish_WhenRepeatedInOtherCompany_StillStoresEachOnce()
    {
        // One by one, so that each is a batch of its own; then all at once, so that they travel together.
        await PublishAsAsync("company", "shop", 0, "0");
        await PublishAsAsync("company", "shop", 1, "1");

        var receipts = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => PublishAsAsync("company", "shop", i, $"{i}")));

        Assert.Equal([0L, 1L, 2L, 3L], receipts.Select(static receipt => receipt.Sequence));
        Assert.Equal([true, true, false, false], receipts.Select(static receipt => receipt.IsDuplicate));
        Assert.Equal(["0", "1", "2", "3"], (await ReadAllAsync("company")).Select(Text));
    }

    [Fact]
    public async Task Publish_OfSeveralProducersAtOnce_KeepsEachOnesNumbersAndOrder()
    {
        var receipts = new List<Task<Receipt>>();
        for (var i = 0; i < 300; i++)
        {
            receipts.Add(PublishAsAsync("several", $"p{i % 3}", i / 3, $"p{i % 3}/{i / 3}"));
        }

        Assert.All(await Task.WhenAll(receipts), static receipt => Assert.False(receipt.IsDuplicate));
        var stored = (await ReadAllAsync("several")).Select(Text).ToList();
        Assert.Equal(300, stored.Count);
        for (var producer = 0; producer < 3; producer++)
        {
            Assert.Equal(
                Enumerable.Range(0, 100).Select(i => $"p{producer}/{i}"),
                stored.Where(text => text.StartsWith($"p{producer}/", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Publish_OfAnIdempotentClient_NumbersByItself_AndKeepsTheOrder()
    {
        await using var client = await CreateClientAsync(new MeshClientOptions { Idempotent = true, MaxMessageEvents = 16 });

        var receipts = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(
            i => client.PublishAsync($"own.t{i % 2}", Encoding.ASCII.GetBytes($"{i / 2}"), cancellationToken: Timeout).AsTask()));

        Assert.All(receipts, static receipt => Assert.False(receipt.IsDuplicate));
        foreach (var topic in new[] { "own.t0", "own.t1" })
        {
            Assert.Equal(Enumerable.Range(0, 500).Select(static i => $"{i}"), (await ReadAllAsync(topic)).Select(Text));
        }
    }

    [Fact]
    public async Task Publish_OfAnIdempotentClientThatForgetsTopics_GoesOnThere()
    {
        await using var client = await CreateClientAsync(new MeshClientOptions { Idempotent = true, MaxProducerTopics = 2 });

        for (var i = 0; i < 12; i++)
        {
            await client.PublishAsync($"few.t{i % 4}", Encoding.ASCII.GetBytes($"{i / 4}"), cancellationToken: Timeout);
        }

        Assert.Equal(["0", "1", "2"], (await ReadAllAsync("few.t3")).Select(Text));
    }

    [Fact]
    public async Task Publish_OfAnIdempotentClientThatIsRefusedForGood_GoesOnElsewhere()
    {
        await using var client = await CreateClientAsync(new MeshClientOptions { Idempotent = true });

        var reserved = client.PublishAsync("$sys.topic", "a"u8.ToArray(), cancellationToken: Timeout).AsTask();

        Assert.Equal(MeshErrorCode.TopicReserved, (await Assert.ThrowsAsync<EventMeshException>(() => reserved)).Code);
        Assert.False((await client.PublishAsync("fine", "a"u8.ToArray(), cancellationToken: Timeout)).IsDuplicate);
    }

    protected Task<Receipt> PublishAsAsync(string topic, string producer, long number, string text) => Client.PublishAsync(
        topic,
        Encoding.ASCII.GetBytes(text),
        new PublishOptions { Producer = new ProducerStamp(ProducerId.Parse(producer), number) },
        Timeout).AsTask();
}
