using EventMesh.EndToEnd.Tests.Processes;
using EventMesh.Grains.Interfaces.Messages;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary>Two nodes and the link between them.</summary>
public sealed class TwoNodeTests(ITestOutputHelper output) : MeshTest(output)
{
    private const string Topic = "orders.eu.created";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Link_WhicheverSideDials_CarriesMatchingEventsBothWays(bool westDials)
    {
        var first = await StartAsync(westDials ? "east" : "west");
        var second = await StartAsync(westDials ? "west" : "east", $"{first.Node}={first.PeerAddress}");
        var atFirst = await SubscribeAsync(first, "orders.>");
        var atSecond = await SubscribeAsync(second, "orders.*.created");
        await first.InterestAsync(second, "orders.*.created");
        await second.InterestAsync(first, "orders.>");

        var firsts = Payloads.Series(first.Node, 0, 300);
        var seconds = Payloads.Series(second.Node, 0, 300);
        await Task.WhenAll(
            Payloads.PublishAsync(first.Client, Topic, firsts),
            Payloads.PublishAsync(second.Client, Topic, seconds),
            Payloads.PublishAsync(first.Client, "other.topic", ["stays"]));

        foreach (var records in new[] { await atFirst.EventsAsync(600), await atSecond.EventsAsync(600) })
        {
            Assert.DoesNotContain(records, static record => record.IsGap);
            Assert.Equal(firsts, records.TextsOf(first.Node));
            Assert.Equal(seconds, records.TextsOf(second.Node));
        }

        Assert.DoesNotContain((await second.Client.ListTopicsAsync()).Topics, static topic => topic.Topic == "other.topic");
    }

    [Fact]
    public async Task Link_WhenBothDialEachOther_OneStays()
    {
        var toWest = Cable("127.0.0.1:1");
        var east = await StartAsync("east", $"west={toWest.Address}");
        var west = await StartAsync("west", $"east={east.PeerAddress}");
        toWest.Redirect(west.PeerAddress);
        var subscriber = await SubscribeAsync(east, "orders.>");
        await west.InterestAsync(east, "orders.>");

        var texts = Payloads.Series("west", 0, 200);
        await Payloads.PublishAsync(west.Client, Topic, texts);

        Assert.Equal(texts, (await subscriber.EventsAsync(200)).TextsOf("west"));
        var atEast = await east.PeerAsync("west", "is linked", static report => report.Health == PeerHealth.Healthy);
        var atWest = await west.PeerAsync("east", "is linked", static report => report.Health == PeerHealth.Healthy);
        Assert.Equal(atEast.LinkNumber, atWest.LinkNumber);
        Assert.NotEqual(atEast.IsDialer, atWest.IsDialer);
        Assert.Equal(texts, (await Payloads.ReadLogAsync(east.Client, Topic)).TextsOf("west"));
    }
}
