using EventMesh.EndToEnd.Tests.Processes;
using EventMesh.Grains.Interfaces.Messages;
using Xunit.Abstractions;

namespace EventMesh.EndToEnd.Tests;

/// <summary>Mistakes in node ids: said by number, and not tried again and again.</summary>
public sealed class DuplicateNodeTests(ITestOutputHelper output) : MeshTest(output)
{
    [Fact]
    public async Task Node_WhenItDialsItself_SaysSoAndStopsDialling()
    {
        var cable = Cable("127.0.0.1:1");
        var node = await StartAsync("solo", $"mirror={cable.Address}");
        cable.Redirect(node.PeerAddress);

        var stop = await node.Output.LineAsync("no longer dialled");

        Assert.Contains("mirror", stop, StringComparison.Ordinal);
        Assert.Contains("EM3003", stop, StringComparison.Ordinal);
        await node.PeerAsync("mirror", "names the error", static report => report.LastError.Contains("EM3003", StringComparison.Ordinal));
        await AssertNoMoreDialsAsync(node, cable);
    }

    [Fact]
    public async Task Nodes_WhenTwoCarryOneId_TheNewerStaysAndTheOlderStopsDialling()
    {
        var central = await StartAsync("central");
        var cable = Cable(central.PeerAddress);
        var older = await StartAsync("west", $"central={cable.Address}");
        await older.PeerAsync("central", "is linked", static report => report.Health == PeerHealth.Healthy);

        var newer = await StartAsync("west", $"central={central.PeerAddress}");
        var subscriber = await SubscribeAsync(central, "orders.>");
        await newer.InterestAsync(central, "orders.>");

        Assert.Contains("EM3004", await older.Output.LineAsync("no longer dialled"), StringComparison.Ordinal);
        await Payloads.PublishAsync(newer.Client, "orders.new", ["from the newer"]);
        Assert.Equal("from the newer", Payloads.Text((await subscriber.EventsAsync(1))[0]));
        var incarnation = (await newer.Client.GetHealthAsync()).Incarnation;
        await central.PeerAsync("west", "is the newer one", report => report.Incarnation == incarnation);
        await AssertNoMoreDialsAsync(older, cable);
    }

    [Fact]
    public async Task Link_WhenThePeerIsNotTheOneNamed_IsRefusedByNumber()
    {
        var east = await StartAsync("east");
        var west = await StartAsync("west", $"south={east.PeerAddress}");

        var report = await west.PeerAsync("south", "names the error", static report => report.LastError.Contains("EM3009", StringComparison.Ordinal));

        Assert.Equal(PeerHealth.Disconnected, report.Health);
        Assert.DoesNotContain(await west.Client.ListPeersAsync(), static peer => peer.Health == PeerHealth.Healthy);
    }

    /// <summary>Dials come at most a second apart here: after as many as the node has time for while others work, one more would be seen.</summary>
    private static async Task AssertNoMoreDialsAsync(SiloProcess node, TestKit.Network.TcpRelay cable)
    {
        var dials = cable.Opened;
        await Payloads.PublishAsync(node.Client, "some.work", Payloads.Series("work", 0, 1_000));
        await Payloads.ReadLogAsync(node.Client, "some.work");
        Assert.Equal(dials, cable.Opened);
        Assert.Equal(1, node.Output.Count("no longer dialled"));
    }
}
