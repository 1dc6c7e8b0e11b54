using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Grains.Topics;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace EventMesh.Hosting.Tests.Node;

public sealed class PublishAndSubscribeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Publish_WhenSomebodySubscribes_DeliversFromEverySilo(int silos)
    {
        await using var node = await TestNode.StartAsync(silos);
        await using var subscription = await node[0].SubscribeAsync("orders.*.created");

        for (var silo = 0; silo < silos; silo++)
        {
            await node[silo].PublishAsync($"orders.r{silo}.created", $"from {silo}");
            await node[silo].PublishAsync($"orders.r{silo}.deleted", "not wanted");
        }

        var taken = await subscription.TakeAsync(silos);
        Assert.Equal(Enumerable.Range(0, silos).Select(silo => $"orders.r{silo}.created:from {silo}"), taken.Order());
    }

    [Fact]
    public async Task Publish_ReceiptsNameWhatWasStored()
    {
        await using var node = await TestNode.StartAsync();

        var first = await node[0].PublishAsync("orders", "a", "b");
        var second = await node[0].PublishAsync("orders", "c");

        Assert.Equal("west", first.Origin.Node.Value);
        Assert.Equal(node[0].Identity, first.Origin);
        Assert.Equal((0, LogOffset.Zero, 2), (first.FirstSequence, first.FirstOffset, first.Count));
        Assert.Equal((2, new LogOffset(2), 1), (second.FirstSequence, second.FirstOffset, second.Count));
        Assert.Equal(Durability.Memory, first.Durability);
        Assert.Equal(["a", "b", "c"], await node[0].ReadAllAsync("orders"));
    }

    [Fact]
    public async Task Publish_WithoutWaitingInBetween_KeepsTheOrder()
    {
        await using var node = await TestNode.StartAsync(silos: 2);
        await using var subscription = await node[1].SubscribeAsync(">");
        var expected = Enumerable.Range(0, 2_000).Select(i => $"e{i}").ToList();

        var receipts = expected.Select(payload => node[0].PublishAsync("orders", payload).AsTask()).ToList();

        await Task.WhenAll(receipts);
        Assert.Equal(expected.Select(payload => $"orders:{payload}"), await subscription.TakeAsync(expected.Count));
        Assert.Equal(Enumerable.Range(0, 2_000).Select(i => (long)i), receipts.Select(receipt => receipt.Result.FirstOffset.Value));
    }

    [Fact]
    public async Task Publish_AfterTheFirst_GoesBesideTheGrain_AndByItAgainOnceTheWriterIsFenced()
    {
        await using var node = await TestNode.StartAsync();
        var topics = node.Services(0).GetRequiredService<OpenTopics>();
        await node[0].PublishAsync("orders", "a");
        var open = topics.Find(TestEvents.Topic("orders"));
        await node[0].PublishAsync("orders", "b");
        Assert.Equal(2, Assert.IsType<OpenTopic>(open).Writer.NextOffset.Value);

        // Another silo's activation would do this.
        await node.Store.OpenLog().OpenWriterAsync(TestEvents.Topic("orders"), CancellationToken.None);
        var receipt = await node[0].PublishAsync("orders", "c");
        await node[0].PublishAsync("orders", "d");

        Assert.Equal(2, receipt.FirstOffset.Value);
        Assert.True(open.IsClosed);
        Assert.Equal(["a", "b", "c", "d"], await node[0].ReadAllAsync("orders"));
        Assert.Equal(4, topics.Find(TestEvents.Topic("orders"))!.Writer.NextOffset.Value);
    }

    [Fact]
    public async Task Stop_ClosesTheTopicsThatWereOpen()
    {
        await using var node = await TestNode.StartAsync();
        var topics = node.Services(0).GetRequiredService<OpenTopics>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => node[0].PublishAsync($"orders.t{i}", "a").AsTask()));
        Assert.Equal(20, topics.Count);

        await node.Cluster.StopAllSilosAsync();

        Assert.Equal(0, topics.Count);
    }

    [Fact]
    public async Task Publish_ToASystemTopic_IsRefused()
    {
        await using var node = await TestNode.StartAsync();

        var refusal = await Assert.ThrowsAsync<EventMeshException>(async () => await node[0].PublishAsync("$state.x", "a"));

        Assert.Equal(MeshErrorCode.TopicReserved, refusal.Code);
    }

    [Fact]
    public async Task Subscribe_FromEarliest_DeliversWhatWasThereThenWhatComes()
    {
        await using var node = await TestNode.StartAsync();
        for (var i = 0; i < 600; i++)
        {
            await node[0].PublishAsync($"t{i}", "old");
        }

        await using var subscription = await node[0].SubscribeAsync(
            TestEvents.Request(">") with { Start = SubscribeStart.Earliest }, CancellationToken.None);
        await node[0].PublishAsync("t7", "new");

        var taken = await subscription.TakeAsync(601);
        Assert.Equal(601, taken.Distinct().Count());
        Assert.True(taken.IndexOf("t7:old") < taken.IndexOf("t7:new"));
    }

    [Fact]
    public async Task Subscribe_Live_LeavesOutWhatWasThereBefore()
    {
        await using var node = await TestNode.StartAsync();
        await node[0].PublishAsync("orders", "old");

        await using var subscription = await node[0].SubscribeAsync("orders", "*");
        await node[0].PublishAsync("orders", "new");

        Assert.Equal(["orders:new"], await subscription.TakeAsync(1));
    }

    [Fact]
    public async Task Subscribe_TakenUpAgain_GoesOnWhereItStood()
    {
        await using var node = await TestNode.StartAsync();
        var first = await node[0].SubscribeAsync(">");
        var since = first.SinceUnixMs;
        await node[0].PublishAsync("a", "1", "2");
        await first.TakeAsync(2);
        await first.DisposeAsync();
        await node[0].PublishAsync("a", "3");
        await node[0].PublishAsync("b", "4");

        await using var second = await node[0].SubscribeAsync(
            TestEvents.Request(">") with
            {
                StartValue = since,
                Cursors = new Dictionary<Core.Topics.TopicName, LogOffset> { [TestEvents.Topic("a")] = new(2) },
            },
            CancellationToken.None);

        Assert.Equal(["a:3", "b:4"], (await second.TakeAsync(2)).Order());
    }

    [Fact]
    public async Task Read_WhenTopicsCompete_TakesTurns()
    {
        await using var node = await TestNode.StartAsync();
        var payload = new string('x', 1_000);
        foreach (var topic in new[] { "a", "b", "c" })
        {
            await node[0].PublishAsync(topic, [.. Enumerable.Repeat(payload, 50)]);
        }

        await using var subscription = await node[0].SubscribeAsync(
            TestEvents.Request(">") with { Start = SubscribeStart.Earliest }, CancellationToken.None);

        var turns = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            var delivery = await subscription.ReadAsync(4_000, CancellationToken.None);
            delivery.Records.Dispose();
            turns.Add(delivery.Topic.Value);
        }

        Assert.Equal(["a", "b", "c", "a", "b", "c"], turns);
    }

    [Theory]
    [InlineData(SubscribeStart.Offset, 5L, "orders", MeshErrorCode.InvalidOffset)]
    [InlineData(SubscribeStart.Offset, -1L, "orders", MeshErrorCode.InvalidOffset)]
    [InlineData(SubscribeStart.Offset, 0L, "orders.*", MeshErrorCode.InvalidArgument)]
    [InlineData(SubscribeStart.Offset, null, "orders", MeshErrorCode.InvalidArgument)]
    [InlineData(SubscribeStart.Earliest, 3L, "orders", MeshErrorCode.InvalidArgument)]
    [InlineData(SubscribeStart.Time, -3L, "orders", MeshErrorCode.InvalidArgument)]
    public async Task Subscribe_WithABadStart_IsRefused(SubscribeStart start, long? value, string pattern, MeshErrorCode expected)
    {
        await using var node = await TestNode.StartAsync();
        await node[0].PublishAsync("orders", "1", "2");

        var refusal = await Assert.ThrowsAsync<EventMeshException>(async () => await node[0].SubscribeAsync(
            TestEvents.Request(pattern) with { Start = start, StartValue = value }, CancellationToken.None));

        Assert.Equal(expected, refusal.Code);
    }

    [Fact]
    public async Task Subscribe_BeyondTheLimitOfSessions_IsRefused()
    {
        await using var node = await TestNode.StartAsync(configure: options => options.MaxSessions = 1);
        var first = await node[0].SubscribeAsync("a");

        var refusal = await Assert.ThrowsAsync<EventMeshException>(async () => await node[0].SubscribeAsync("b"));
        await first.DisposeAsync();
        await using var after = await node[0].SubscribeAsync("b");

        Assert.Equal(MeshErrorCode.TooManySessions, refusal.Code);
    }
}
