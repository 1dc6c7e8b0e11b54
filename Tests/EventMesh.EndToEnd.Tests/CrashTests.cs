using EventMesh.Client;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.EndToEnd.Tests.Processes;
using EventMesh.Grains.Interfaces.Messages;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary>A node in memory that is killed without a word and started again: it begins empty, in a new incarnation.</summary>
public sealed class CrashTests(ITestOutputHelper output) : MeshTest(output)
{
    private const string Topic = "orders.eu.created";

    [Fact]
    public async Task Link_WhenThePeerIsKilledAndComesBack_GoesOnSaysWhatIsLostAndDoublesNothing()
    {
        var east = await StartInMemoryAsync("east");
        var cable = Cable(east.PeerAddress);
        var west = await StartInMemoryAsync("west", $"east={cable.Address}");
        var subscriber = await SubscribeAsync(west, "orders.>");
        await east.InterestAsync(west, "orders.>");

        var publishing = PublishUntilItFailsAsync(east.Client, "before");
        await subscriber.EventsAsync(200);
        await east.KillAsync();
        await publishing;
        await west.PeerAsync("east", "has no link", static report => report.Health == PeerHealth.Disconnected);
        var reborn = await StartInMemoryAsync("east");
        cable.Redirect(reborn.PeerAddress);
        await reborn.InterestAsync(west, "orders.>");
        var after = Payloads.Series("after", 0, 200);
        await Payloads.PublishAsync(reborn.Client, Topic, after);

        var records = await subscriber.UntilAsync("all that came after", static records => records.Any(static record => Payloads.Text(record) == "after-199"));
        var texts = records.TextsOf("east");
        var before = texts.Length - after.Length;
        Assert.Equal(Payloads.Series("before", 0, before).Concat(after), texts);
        Assert.Equal(GapReason.OriginRewound, Assert.Single(records, static record => record.IsGap).Gap!.Reason);
        OriginCheck.AssertNothingSilent(records, "east");
        Assert.Equal(texts, (await Payloads.ReadLogAsync(west.Client, Topic)).TextsOf("east"));
    }

    [Fact]
    public async Task Node_WhenItComesBackEmpty_GetsItsPeersEventsFromThereOnWithAGapBefore()
    {
        var west = await StartInMemoryAsync("west");
        var east = await StartInMemoryAsync("east", $"west={west.PeerAddress}");
        var first = await SubscribeAsync(east, "orders.>");
        await west.InterestAsync(east, "orders.>");
        await Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", 0, 100));
        await first.EventsAsync(100);

        await east.KillAsync();
        await Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", 100, 100));
        var reborn = await StartInMemoryAsync("east", $"west={west.PeerAddress}");
        var second = await SubscribeAsync(reborn, "orders.>");
        await west.InterestAsync(reborn, "orders.>");
        await Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", 200, 100));

        await second.EventsAsync(100);
        var log = await Payloads.ReadLogAsync(reborn.Client, Topic);
        var texts = log.TextsOf("west");
        Assert.Equal(Payloads.Series("west", 300 - texts.Length, texts.Length), texts);
        OriginCheck.AssertNothingSilent(log, "west");
    }

    [Fact]
    public async Task Subscription_WhenItsNodeIsKilledAndComesBack_GoesOnByItselfAndSaysWhatIsLost()
    {
        var node = await StartInMemoryAsync("solo");
        var cable = Cable($"127.0.0.1:{node.Url.Port}");
        var client = Own(MeshClient.ForGrpc($"http://{cable.Address}"));
        var subscriber = Own(await Subscriber.OpenAsync(client, "orders.>"));
        await Payloads.PublishAsync(node.Client, Topic, Payloads.Series("before", 0, 100));
        await subscriber.EventsAsync(100);

        await node.KillAsync();
        var reborn = await StartInMemoryAsync("solo");
        await Payloads.PublishAsync(reborn.Client, Topic, Payloads.Series("after", 0, 100));
        cable.Redirect($"127.0.0.1:{reborn.Url.Port}");

        var records = await subscriber.EventsAsync(200);
        Assert.Equal([.. Payloads.Series("before", 0, 100), .. Payloads.Series("after", 0, 100)], records.TextsOf("solo"));
        Assert.Equal(GapReason.OriginRewound, Assert.Single(records, static record => record.IsGap).Gap!.Reason);
    }

    /// <summary>Publishes in steps of 20 for as long as the node answers.</summary>
    private static async Task PublishUntilItFailsAsync(IMeshClient client, string name)
    {
        for (var next = 0; ; next += 20)
        {
            try
            {
                await Payloads.PublishAsync(client, Topic, Payloads.Series(name, next, 20));
            }
            catch (EventMeshException failure)
            {
                Assert.True(failure.Code is MeshErrorCode.OutcomeUnknown or MeshErrorCode.NodeNotReady, failure.Message);
                return;
            }
        }
    }
}
