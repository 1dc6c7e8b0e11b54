using EventMesh.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary>Three nodes: events go one hop, from their origin to whoever wants them.</summary>
public sealed class MeshOfThreeTests(ITestOutputHelper output) : MeshTest(output)
{
    private const string Topic = "flights.ATL.LAX";

    [Fact]
    public async Task FullMesh_WhenAllPublishToOneTopic_EveryLogHoldsEveryEventOnceAndNoneCrossesALinkTwice()
    {
        var west = await StartAsync("west");
        var central = await StartAsync("central", $"west={west.PeerAddress}");
        var east = await StartAsync("east", $"west={west.PeerAddress}", $"central={central.PeerAddress}");
        SiloProcess[] nodes = [west, central, east];
        var subscribers = await Task.WhenAll(nodes.Select(node => SubscribeAsync(node, "flights.>")));
        foreach (var node in nodes)
        {
            await Task.WhenAll(nodes.Where(other => other != node).Select(other => node.InterestAsync(other, "flights.>")));
        }

        await Task.WhenAll(nodes.Select(static node => Payloads.PublishAsync(node.Client, Topic, Payloads.Series(node.Node, 0, 200))));

        for (var i = 0; i < nodes.Length; i++)
        {
            var delivered = await subscribers[i].EventsAsync(600);
            foreach (var records in new[] { delivered, await Payloads.ReadLogAsync(nodes[i].Client, Topic) })
            {
                Assert.Equal(600, records.Count);
                Assert.All(nodes, origin => Assert.Equal(Payloads.Series(origin.Node, 0, 200), records.TextsOf(origin.Node)));
            }

            Assert.All(await nodes[i].Client.ListPeersAsync(), static peer => Assert.Equal((200, 0), (peer.EventsReceived, peer.DuplicatesDropped)));
        }
    }

    [Fact]
    public async Task Line_WhenTheEndsHaveNoLink_TheMiddleDoesNotPassEventsOn()
    {
        var central = await StartAsync("central");
        var west = await StartAsync("west", $"central={central.PeerAddress}");
        var east = await StartAsync("east", $"central={central.PeerAddress}");
        var atCentral = await SubscribeAsync(central, "flights.>");
        var atEast = await SubscribeAsync(east, "flights.>");
        await west.InterestAsync(central, "flights.>");
        await central.InterestAsync(east, "flights.>");

        await Payloads.PublishAsync(west.Client, Topic, ["from west"]);
        await atCentral.EventsAsync(1);
        await Payloads.PublishAsync(central.Client, Topic, ["from central"]);

        // The central log holds west's event first: had it been passed on, it would have come first.
        Assert.Equal("from central", Payloads.Text(Assert.Single(await atEast.EventsAsync(1))));
    }
}
