using System.Net;
using System.Text;
using EventMesh.Client;
using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary>One silo, used through the SDK.</summary>
public sealed class SingleNodeTests(ITestOutputHelper output) : MeshTest(output)
{
    [Fact]
    public async Task Node_WhenUsedThroughTheSdk_PublishesSubscribesReadsAndLists()
    {
        var node = await StartAsync("solo");
        var subscriber = await SubscribeAsync(node, "orders.*.created");

        var texts = Payloads.Series("order", 0, 50);
        var receipts = await Payloads.PublishAsync(node.Client, "orders.eu.created", texts);
        await node.Client.PublishAsync("orders.eu.deleted", "unwanted"u8.ToArray());
        await node.Client.PublishAsync("orders.us.created", "last"u8.ToArray(), new PublishOptions { Headers = [new("kind", "order")] });

        var records = await subscriber.EventsAsync(51);
        Assert.Equal(texts, records.Where(static record => record.Topic.Value == "orders.eu.created").Select(Payloads.Text));
        var last = Assert.Single(records, static record => record.Topic.Value == "orders.us.created");
        Assert.Equal("order", last.Header("kind"));
        Assert.Equal(texts, (await Payloads.ReadLogAsync(node.Client, "orders.eu.created")).TextsOf("solo"));

        Assert.Equal(Enumerable.Range(0, 50).Select(static n => (long)n), receipts.Select(static receipt => receipt.Sequence));
        Assert.Equal(Enumerable.Range(0, 50).Select(static n => (long)n), receipts.Select(static receipt => receipt.Offset.Value));
        Assert.All(receipts, static receipt => Assert.Equal("solo", receipt.Origin.Node.Value));

        var topics = await node.Client.ListTopicsAsync(TopicPattern.Parse("orders.>"));
        Assert.Equal(["orders.eu.created", "orders.eu.deleted", "orders.us.created"], topics.Topics.Select(static topic => topic.Topic));
        Assert.Empty(await node.Client.ListPeersAsync());
    }

    [Fact]
    public async Task Publish_WhenNothingIsAskedFor_ReceiptSaysDisk()
    {
        var node = await StartAsync("solo");

        Assert.Equal(Durability.Disk, (await node.Client.PublishAsync("a.b", "x"u8.ToArray())).Durability);
    }

    [Fact]
    public async Task Publish_WhenDiskIsAskedOfAMemoryStore_ReceiptSaysMemory()
    {
        var node = await StartInMemoryAsync("solo");

        var receipt = await node.Client.PublishAsync("a.b", "x"u8.ToArray(), new PublishOptions { Durability = Durability.Disk });

        Assert.Equal(Durability.Memory, receipt.Durability);
        await node.Output.LineAsync("events   in memory");
    }

    [Fact]
    public async Task Publish_WhenTheEventIsRefused_SaysWhyAndStoresNothing()
    {
        var node = await StartAsync("solo");

        var reserved = await Assert.ThrowsAsync<EventMeshException>(async () => await node.Client.PublishAsync("$state.x", "x"u8.ToArray()));
        var large = await Assert.ThrowsAsync<EventMeshException>(async () => await node.Client.PublishAsync("a.b", new byte[EventLimits.MaxEventBytes + 1]));
        var beyond = await Assert.ThrowsAsync<EventMeshException>(async () => await node.Client.ReadAsync(TopicName.Parse("a.b"), new LogOffset(7), 10));

        Assert.Equal(MeshErrorCode.TopicReserved, reserved.Code);
        Assert.Equal(MeshErrorCode.EventTooLarge, large.Code);
        Assert.Equal(MeshErrorCode.TopicUnknown, beyond.Code);
        Assert.Empty((await node.Client.ListTopicsAsync()).Topics);
    }

    [Fact]
    public async Task Node_WhenStartedWithoutMore_SaysWhoItIsWhereItListensAndWhatToTry()
    {
        var node = await StartAsync("solo");

        var health = await node.Client.GetHealthAsync();
        await node.Output.LineAsync($"EventMesh node solo, incarnation {health.Incarnation}");
        await node.Output.LineAsync("built on ");
        await node.Output.LineAsync($"events   in {node.Storage}");
        Assert.Contains($"--server {node.Url.ToString().TrimEnd('/')}", await node.Output.LineAsync("-- publish --topic"), StringComparison.Ordinal);
        Assert.True(health is { Node: "solo", IsLive: true, IsReady: true, Problems.Length: 0 });
        Assert.Equal(HttpStatusCode.OK, await node.HealthAsync("live"));
        Assert.StartsWith("127.0.0.1:", node.PeerAddress, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_WhenAskedByTheServiceManager_EndsInOrderWithExitCodeZero()
    {
        var node = await StartAsync("solo");
        await SubscribeAsync(node, ">");
        await node.Client.PublishAsync("a.b", Encoding.UTF8.GetBytes("x"));

        var exitCode = await node.StopAsync();

        Assert.Equal(0, exitCode);
        await node.Output.LineAsync("The log is closed");
        Assert.Equal(0, node.Output.Count("   at "));
    }

    [Fact]
    public async Task Stop_WhenControlCIsPressed_EndsInOrderWithExitCodeZero()
    {
        var node = await StartAsync("solo");

        var exitCode = await node.InterruptAsync();

        Assert.Equal(0, exitCode);
        await node.Output.LineAsync("The log is closed");
    }
}
