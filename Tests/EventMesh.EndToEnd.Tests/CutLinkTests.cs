using EventMesh.EndToEnd.Tests.Processes;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary>Two nodes whose cable fails while both go on publishing.</summary>
public sealed class CutLinkTests(ITestOutputHelper output) : MeshTest(output)
{
    private const string Topic = "orders.eu.created";

    [Fact]
    public async Task Link_WhenTheCableGoesSilentAndIsThenReset_BothLogsHoldEverythingOnceInOrder()
    {
        var (west, east, cable) = await ConnectAsync();
        var atWest = await SubscribeAsync(west, "orders.>");
        var atEast = await SubscribeAsync(east, "orders.>");
        await west.InterestAsync(east, "orders.>");
        await east.InterestAsync(west, "orders.>");

        await PublishAtBothAsync(west, east, 0, 200);
        await atWest.EventsAsync(400);
        await atEast.EventsAsync(400);
        cable.GoSilent();
        await PublishAtBothAsync(west, east, 200, 300);
        cable.Reset();
        await PublishAtBothAsync(west, east, 500, 300);
        cable.Heal();
        await PublishAtBothAsync(west, east, 800, 200);

        await AssertEverythingAsync(west, atWest, 1_000);
        await AssertEverythingAsync(east, atEast, 1_000);
        await west.PeerAsync("east", "was linked again", static report => report.Reconnects > 0);
    }

    [Fact]
    public async Task Link_WhenTheCableStaysSilent_IsGivenUpByItselfAndMadeAgain()
    {
        var (west, east, cable) = await ConnectAsync(new Dictionary<string, string>
        {
            ["EventMesh__Links__HeartbeatInterval"] = "00:00:02",
            ["EventMesh__Links__MissedHeartbeats"] = "2",
        });
        var atWest = await SubscribeAsync(west, "orders.>");
        var atEast = await SubscribeAsync(east, "orders.>");
        await west.InterestAsync(east, "orders.>");
        await east.InterestAsync(west, "orders.>");

        cable.GoSilent();
        await PublishAtBothAsync(west, east, 0, 300);
        await west.Output.LineAsync("EM3010");
        await east.Output.LineAsync("EM3010");
        cable.Heal();

        await AssertEverythingAsync(west, atWest, 300);
        await AssertEverythingAsync(east, atEast, 300);
    }

    [Fact]
    public async Task Link_WhenTheCableIsCutAgainAndAgain_BothLogsHoldEverythingOnceInOrder()
    {
        var (west, east, cable) = await ConnectAsync();
        var atWest = await SubscribeAsync(west, "orders.>");
        var atEast = await SubscribeAsync(east, "orders.>");
        await west.InterestAsync(east, "orders.>");
        await east.InterestAsync(west, "orders.>");

        for (var round = 0; round < 5; round++)
        {
            var publishing = PublishAtBothAsync(west, east, round * 200, 200);
            cable.Reset();
            await publishing;
            await atWest.EventsAsync(round * 200 + 100);
        }

        await AssertEverythingAsync(west, atWest, 1_000);
        await AssertEverythingAsync(east, atEast, 1_000);
    }

    private static async Task PublishAtBothAsync(SiloProcess west, SiloProcess east, int first, int count)
    {
        var atWest = Payloads.PublishAsync(west.Client, Topic, Payloads.Series("west", first, count));
        await Payloads.PublishAsync(east.Client, Topic, Payloads.Series("east", first, count));
        await atWest;
    }

    private static async Task AssertEverythingAsync(SiloProcess node, Subscriber subscriber, int countOfEach)
    {
        var delivered = await subscriber.EventsAsync(2 * countOfEach);
        foreach (var records in new[] { delivered, await Payloads.ReadLogAsync(node.Client, Topic) })
        {
            Assert.DoesNotContain(records, static record => record.IsGap);
            Assert.Equal(Payloads.Series("west", 0, countOfEach), records.TextsOf("west"));
            Assert.Equal(Payloads.Series("east", 0, countOfEach), records.TextsOf("east"));
        }
    }

    private async Task<(SiloProcess West, SiloProcess East, TestKit.Network.TcpRelay Cable)> ConnectAsync(IReadOnlyDictionary<string, string>? environment = null)
    {
        var east = await StartAsync("east", [], environment);
        var cable = Cable(east.PeerAddress);
        return (await StartAsync("west", [$"east={cable.Address}"], environment), east, cable);
    }
}
