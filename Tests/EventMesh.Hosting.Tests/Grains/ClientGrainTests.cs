using System.Text;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting.Tests.Support;
using Orleans;

namespace EventMesh.Hosting.Tests.Grains;

/// <summary>What an Orleans client does with the grains.</summary>
public sealed class ClientGrainTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Session_DeliversWhatIsPublishedAfterItWasOpened()
    {
        await using var node = await TestNode.StartAsync(silos: 2);
        var session = node.Cluster.Client.GetGrain<ISessionGrain>("s1");
        var opened = await session.OpenAsync(new SessionOpen(["orders.*"], StartAt.Live, 0, []));

        await AppendAsync(node.Cluster.Client, "orders.eu", "a", "b");
        var pulled = await session.PullAsync(64 * 1024, Wait, CancellationToken.None);

        Assert.Equal(MeshErrorCode.None, opened.Code);
        Assert.True(opened.SinceUnixMs > 0);
        var records = Assert.Single(pulled.Topics);
        Assert.Equal(("orders.eu", 2L, 2L), (records.Topic, records.NextOffset, records.EndOffset));
        Assert.Equal(["a", "b"], Texts(records));
        await session.CloseAsync();
        Assert.Equal(MeshErrorCode.SessionUnknown, (await session.PullAsync(1, TimeSpan.Zero, CancellationToken.None)).Code);
    }

    [Fact]
    public async Task Session_TakenUpElsewhere_GoesOnAtItsCursors()
    {
        await using var node = await TestNode.StartAsync(silos: 2);
        var client = node.Cluster.Client;
        var opened = await client.GetGrain<ISessionGrain>("s1").OpenAsync(new SessionOpen([">"], StartAt.Live, 0, []));
        await AppendAsync(client, "a", "1", "2", "3");
        await AppendAsync(client, "b", "4");

        var again = client.GetGrain<ISessionGrain>("s2");
        await again.OpenAsync(new SessionOpen([">"], StartAt.Live, opened.SinceUnixMs, [new TopicCursor("a", 2)]));
        var taken = new List<string>();
        while (taken.Count < 2)
        {
            taken.AddRange((await again.PullAsync(64 * 1024, Wait, CancellationToken.None)).Topics.SelectMany(Texts));
        }

        Assert.Equal(["3", "4"], taken.Order());
    }

    [Fact]
    public async Task Pull_WhenNothingComes_IsEmptyAfterItsWait()
    {
        await using var node = await TestNode.StartAsync();
        var session = node.Cluster.Client.GetGrain<ISessionGrain>("s1");
        await session.OpenAsync(new SessionOpen(["orders"], StartAt.Live, 0, []));

        var pulled = await session.PullAsync(1_024, TimeSpan.FromMilliseconds(20), CancellationToken.None);

        Assert.Equal(MeshErrorCode.None, pulled.Code);
        Assert.Empty(pulled.Topics);
    }

    [Theory]
    [InlineData("a..b", StartAt.Live, 0, MeshErrorCode.InvalidPattern)]
    [InlineData("a", StartAt.Offset, 9, MeshErrorCode.InvalidOffset)]
    [InlineData("a", (StartAt)9, 0, MeshErrorCode.InvalidArgument)]
    public async Task Session_WithABadRequest_IsRefusedWithItsCode(string pattern, StartAt start, long value, MeshErrorCode expected)
    {
        await using var node = await TestNode.StartAsync();

        var opened = await node.Cluster.Client.GetGrain<ISessionGrain>("s1").OpenAsync(new SessionOpen([pattern], start, value, []));

        Assert.Equal(expected, opened.Code);
        Assert.NotEmpty(opened.Message);
    }

    [Fact]
    public async Task Topic_WithABadName_AnswersWithItsCode()
    {
        await using var node = await TestNode.StartAsync();

        var reply = await AppendAsync(node.Cluster.Client, "a..b", "x");

        Assert.Equal(MeshErrorCode.InvalidTopic, reply.Code);
    }

    [Fact]
    public async Task Catalog_ListsReadsAndTellsTheHealth()
    {
        await using var node = await TestNode.StartAsync();
        var client = node.Cluster.Client;
        for (var i = 0; i < 5; i++)
        {
            await AppendAsync(client, $"orders.n{i}", "x", "y");
        }

        var catalog = client.GetGrain<ICatalogGrain>("0");
        var first = await catalog.ListTopicsAsync("orders.*", "", 3);
        var rest = await catalog.ListTopicsAsync("orders.*", first.Next, 3);
        var read = await catalog.ReadAsync("orders.n1", 1, 10);
        var health = await catalog.GetHealthAsync();

        Assert.Equal(["orders.n0", "orders.n1", "orders.n2"], first.Topics.Select(topic => topic.Topic));
        Assert.Equal(["orders.n3", "orders.n4"], rest.Topics.Select(topic => topic.Topic));
        Assert.Equal("", rest.Next);
        Assert.Equal(["y"], Texts(read.Records!));
        Assert.True(health is { IsReady: true, IsLive: true, Node: "west" });
        Assert.Equal(MeshErrorCode.TopicUnknown, (await catalog.ReadAsync("nothing", 0, 10)).Code);
        Assert.Equal(MeshErrorCode.InvalidOffset, (await catalog.ReadAsync("orders.n1", 3, 10)).Code);
        Assert.Equal(MeshErrorCode.InvalidArgument, (await catalog.ListTopicsAsync("", "", 0)).Code);
        Assert.Equal(MeshErrorCode.InvalidPattern, (await catalog.ListTopicsAsync("a.>.b", "", 1)).Code);
    }

    private static Task<AppendReply> AppendAsync(IGrainFactory grains, string topic, params string[] payloads) =>
        grains.GetGrain<ITopicGrain>(topic).AppendAsync(
            new AppendRequest(payloads.Length, TestEvents.Batch(payloads).Bytes.ToArray(), Durability.Disk), CancellationToken.None);

    private static IEnumerable<string> Texts(TopicRecords records) =>
        RecordPacker.Unpack(new PackedRecords(records.Count, records.Origins, records.Packed))
            .Select(static record => Encoding.UTF8.GetString(EventBody.Payload(record.Body).Span));
}
