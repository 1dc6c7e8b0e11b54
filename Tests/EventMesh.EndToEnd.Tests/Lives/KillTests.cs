using EventMesh.Client;
using EventMesh.Core.Topics;
using EventMesh.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests.Lives;

/// <summary>Nodes on files that are killed without a word, under load, and started again on what is left.</summary>
[Trait("Kind", "Kill")]
public sealed class KillTests(ITestOutputHelper output) : MeshTest(output)
{
    private const string Pattern = "orders.>";
    private static readonly string[] Topics = ["orders.eu", "orders.us", "orders.asia"];
    private readonly ITestOutputHelper _output = output;

    [Fact]
    public async Task Node_WhenKilledAgainAndAgain_HoldsWhatItAcknowledgedOnceAtItsPlace()
    {
        var storage = NewStorage("solo");
        var ledger = new Ledger("solo", Topics);
        var node = await StartOnAsync(storage, "solo", []);
        var incarnation = (await node.Client.GetHealthAsync()).Incarnation;
        foreach (var receipts in KillPlan.Moments(new Random(KillPlan.Seed)))
        {
            await KillUnderLoadAsync(node, ledger, receipts);
            node = await StartOnAsync(storage, "solo", []);

            await ledger.VerifyOwnAsync(node.Client);
            var health = await node.Client.GetHealthAsync();
            Assert.True(health.Incarnation > incarnation, $"{health.Incarnation} follows {incarnation}.");
            Assert.True(health is { IsReady: true, Problems.Length: 0, Warnings.Length: 0 });
            incarnation = health.Incarnation;
            _output.WriteLine($"killed after {receipts} receipts, {ledger.Acked} in all; ready again {node.ReadyAfter.TotalMilliseconds:F0} ms after its start");
        }
    }

    [Fact]
    public async Task Link_WhenOneOfItsNodesIsKilledAgainAndAgain_BothLogsHoldEverythingOnce()
    {
        var random = new Random(KillPlan.Seed);
        var (atEast, atWest) = (NewStorage("east"), NewStorage("west"));
        var east = await StartOnAsync(atEast, "east", []);
        var cable = Cable(east.PeerAddress);
        string[] dials = [$"east={cable.Address}"];
        var west = await StartOnAsync(atWest, "west", dials);
        var (ofEast, ofWest) = (new Ledger("east", Topics), new Ledger("west", Topics));
        await WantEachOtherAsync(west, east);
        foreach (var receipts in KillPlan.Moments(random))
        {
            var killsEast = random.Next(2) == 0;
            var (dying, living, ofDying, ofLiving) = killsEast ? (east, west, ofEast, ofWest) : (west, east, ofWest, ofEast);
            using var stop = new CancellationTokenSource();
            var publishing = ofLiving.PublishAsync(living.Client, stop.Token);
            await KillUnderLoadAsync(dying, ofDying, receipts);
            await ofLiving.AckedAsync(ofLiving.Acked + receipts);
            if (killsEast)
            {
                east = await StartOnAsync(atEast, "east", []);
                cable.Redirect(east.PeerAddress);
            }
            else
            {
                west = await StartOnAsync(atWest, "west", dials);
            }

            await WantEachOtherAsync(west, east);
            await ofLiving.AckedAsync(ofLiving.Acked + receipts);
            await stop.CancelAsync();
            await publishing;
        }

        await AgreeAsync(west, east);
        foreach (var ledger in new[] { ofEast, ofWest })
        {
            await ledger.VerifyAtAsync(east.Client);
            await ledger.VerifyAtAsync(west.Client);
        }
    }

    [Fact]
    public async Task Subscription_WhenItsNodeIsKilledAndComesBack_GoesOnByItselfAndMissesNothing()
    {
        var node = await StartAsync("solo");
        var cable = Cable($"127.0.0.1:{node.Url.Port}");
        var client = Own(MeshClient.ForGrpc($"http://{cable.Address}"));
        var subscriber = Own(await Subscriber.OpenAsync(client, Pattern));
        await Payloads.PublishAsync(node.Client, Topics[0], Payloads.Series("before", 0, 100));
        await subscriber.EventsAsync(100);

        await node.KillAsync();
        var reborn = await StartOnAsync(node.Storage, "solo", []);
        await Payloads.PublishAsync(reborn.Client, Topics[0], Payloads.Series("after", 0, 100));
        cable.Redirect($"127.0.0.1:{reborn.Url.Port}");

        var records = await subscriber.EventsAsync(200);
        Assert.DoesNotContain(records, static record => record.IsGap);
        Assert.Equal([.. Payloads.Series("before", 0, 100), .. Payloads.Series("after", 0, 100)], records.TextsOf("solo"));
    }

    /// <summary>Publishes at <paramref name="node"/> and kills it as soon as there are that many receipts more, with many publishes under way.</summary>
    private static async Task KillUnderLoadAsync(SiloProcess node, Ledger ledger, int receipts)
    {
        using var stop = new CancellationTokenSource();
        var reached = ledger.AckedAsync(ledger.Acked + receipts);
        var publishing = ledger.PublishAsync(node.Client, stop.Token);
        await reached;
        await node.KillAsync();
        await stop.CancelAsync();
        await publishing;
    }

    /// <summary>Gives either node a subscriber, and waits until the other knows what it wants.</summary>
    private async Task WantEachOtherAsync(SiloProcess west, SiloProcess east)
    {
        await SubscribeAsync(west, Pattern);
        await SubscribeAsync(east, Pattern);
        await west.InterestAsync(east, Pattern);
        await east.InterestAsync(west, Pattern);
    }

    /// <summary>Waits until both logs of every topic hold the same events of either origin, in the same order, and nothing but events.</summary>
    private static async Task AgreeAsync(SiloProcess west, SiloProcess east)
    {
        foreach (var topic in Topics)
        {
            await Deadline.UntilAsync(
                $"{topic} has the same end at both nodes", async _ => (West: await EndAsync(west, topic), East: await EndAsync(east, topic)), static ends => ends.West == ends.East);
            var (atWest, atEast) = (await Payloads.ReadLogAsync(west.Client, topic), await Payloads.ReadLogAsync(east.Client, topic));
            foreach (var origin in new[] { west.Node, east.Node })
            {
                Assert.Equal(Identities(atWest, origin), Identities(atEast, origin));
            }

            Assert.DoesNotContain(atWest.Concat(atEast), static record => record.IsGap);
        }
    }

    private static async ValueTask<long> EndAsync(SiloProcess node, string topic) =>
        (await node.Client.ListTopicsAsync(TopicPattern.Parse(topic))).Topics.Single().EndOffset;

    private static string[] Identities(IEnumerable<Client.Events.MeshEvent> records, string origin) =>
        [.. records.Where(record => record.Origin.Value == origin).Select(static record => $"{record.Position} {Payloads.Text(record)}")];
}
