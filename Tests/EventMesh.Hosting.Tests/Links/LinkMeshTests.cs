using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.TestKit.Network;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>Nodes joined by real links over loopback: what each publishes arrives at the others once, in order, whatever happens to the cable.</summary>
public sealed class LinkMeshTests
{
    private const string Topic = "orders.eu";

    [Fact]
    public async Task TwoNodes_WhenBothDial_KeepOneLinkAndExchangeEvents()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        await using var east = await LinkedNode.CreateAsync("east");
        west.Host.Want(">");
        east.Host.Want(">");
        await west.StartAsync($"east={east.Address}");
        await east.StartAsync($"west={west.Address}");
        await SyncedAsync(west, east);

        var fromWest = await west.Host.PublishAsync(Topic, "w0", "w1");
        var fromEast = await east.Host.PublishAsync(Topic, "e0");
        await east.Host.HoldsAsync(Topic, west.Id, fromWest);
        await west.Host.HoldsAsync(Topic, east.Id, fromEast);

        Assert.Equal(["east/0:e0", "west/0:w0", "west/1:w1"], (await east.Host.ReadAllAsync(Topic)).Order());
        Assert.Equal(["east/0:e0", "west/0:w0", "west/1:w1"], (await west.Host.ReadAllAsync(Topic)).Order());
        Assert.Equal(PeerHealth.Healthy, Assert.Single(west.Gateway.GetPeers()).Health);
    }

    [Fact]
    public async Task ThreeNodes_WhenFullyLinked_EachHoldsEveryEventOnce()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        await using var central = await LinkedNode.CreateAsync("central");
        await using var east = await LinkedNode.CreateAsync("east");
        LinkedNode[] nodes = [west, central, east];
        Array.ForEach(nodes, static node => node.Host.Want("orders.*"));
        await west.StartAsync();
        await central.StartAsync($"west={west.Address}");
        await east.StartAsync($"west={west.Address}", $"central={central.Address}");
        await SyncedAsync(west, central, east);

        var ends = await Task.WhenAll(nodes.Select(static node => PublishManyAsync(node, 200)));
        await HoldEverythingAsync(nodes, ends);

        foreach (var node in nodes)
        {
            await AssertCompleteAsync(node, nodes, 200);
        }
    }

    [Fact]
    public async Task TwoNodes_WhenTheCableGoesSilentAndIsReset_LoseAndDoubleNothing()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        await using var east = await LinkedNode.CreateAsync("east");
        await using var cable = TcpRelay.Start(west.Address);
        LinkedNode[] nodes = [west, east];
        Array.ForEach(nodes, static node => node.Host.Want(">"));
        await west.StartAsync();
        await east.StartAsync($"west={cable.Address}");
        await SyncedAsync(nodes);

        await Task.WhenAll(nodes.Select(static node => PublishManyAsync(node, 300)));
        cable.GoSilent();
        await Task.WhenAll(nodes.Select(static node => PublishManyAsync(node, 300, first: 300)));
        cable.Reset();
        cable.Heal();
        var ends = await Task.WhenAll(nodes.Select(static node => PublishManyAsync(node, 300, first: 600)));
        await HoldEverythingAsync(nodes, ends);

        Assert.True(cable.Opened >= 2, "The cable was cut, so the link was dialled again.");
        await AssertCompleteAsync(west, nodes, 900);
        await AssertCompleteAsync(east, nodes, 900);
        Assert.All(nodes, static node => Assert.Equal(0, node.Gateway.GetPeers().Single().Gaps));
    }

    [Fact]
    public async Task TwoNodes_WhenTheCableIsCutAgainAndAgain_LoseAndDoubleNothing()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        await using var east = await LinkedNode.CreateAsync("east");
        await using var cable = TcpRelay.Start(west.Address);
        LinkedNode[] nodes = [west, east];
        Array.ForEach(nodes, static node => node.Host.Want(">"));
        await west.StartAsync();
        await east.StartAsync($"west={cable.Address}");
        await SyncedAsync(nodes);

        var publishing = Task.WhenAll(nodes.Select(static node => PublishManyAsync(node, 2_000)));
        for (var cut = 1; cut <= 5; cut++)
        {
            var opened = cut;
            cable.Reset();
            await east.Host.PublishAsync("tick", $"{cut}");
            await Eventually.IsTrue(() => cable.Opened > opened && east.Gateway.GetPeers().Single().Health == PeerHealth.Healthy,
                () => $"link {cut + 1}; {cable.Opened} were opened: {east.Gateway.GetPeers().Single()}");
        }

        await HoldEverythingAsync(nodes, await publishing);

        await AssertCompleteAsync(west, nodes, 2_000);
        await AssertCompleteAsync(east, nodes, 2_000);
    }

    [Fact]
    public async Task Interest_WhenItComesLater_StartsThereAndAGapSaysSo()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        await using var east = await LinkedNode.CreateAsync("east");
        await west.StartAsync();
        await east.StartAsync($"west={west.Address}");
        await SyncedAsync(west, east);
        await west.Host.PublishAsync(Topic, "early0", "early1");
        await west.Host.WaitAsync(() => west.Host.Log.GetReader(Core.Topics.TopicName.Parse(Topic)).Bounds.End.Value == 2, static () => "the early events to be flushed");

        east.Host.Want(Topic);
        await Eventually.IsTrue(() => east.Gateway.IsInterestSynced && west.Gateway.GetPeers().Single().RemoteInterest is [Topic], "the interest to be applied");
        await east.Host.HoldsAsync(Topic, west.Id, await west.Host.PublishAsync(Topic, "late"));

        Assert.Equal(["west gap BeforeInterest", "west/2:late"], await east.Host.ReadAllAsync(Topic));
    }

    [Fact]
    public async Task Interest_WhenNobodyHasAny_LeavesEventsAtHome()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        await using var east = await LinkedNode.CreateAsync("east");
        await west.StartAsync();
        east.Host.Want("wanted.*");
        await east.StartAsync($"west={west.Address}");
        await SyncedAsync(west, east);

        await west.Host.PublishAsync("unwanted", "x");
        await east.Host.HoldsAsync("wanted.a", west.Id, await west.Host.PublishAsync("wanted.a", "y"));

        Assert.Empty(await east.Host.ReadAllAsync("unwanted"));
        Assert.Equal(["west/0:y"], await east.Host.ReadAllAsync("wanted.a"));
    }

    [Fact]
    public async Task Restart_WhenANodeComesBackInANewLife_BothGoOnWhereTheyWere()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        var east = await LinkedNode.CreateAsync("east");
        west.Host.Want(">");
        east.Host.Want(">");
        await west.StartAsync();
        await east.StartAsync($"west={west.Address}");
        await SyncedAsync(west, east);
        await west.Host.HoldsAsync(Topic, east.Id, await east.Host.PublishAsync(Topic, "e0"));
        await east.Host.HoldsAsync(Topic, west.Id, await west.Host.PublishAsync(Topic, "w0"));

        east = await east.RestartAsync();
        await west.Host.PublishAsync(Topic, "w1");
        east.Host.Want(">");
        await east.StartAsync($"west={west.Address}");
        await SyncedAsync(west, east);
        await west.Host.HoldsAsync(Topic, east.Id, await east.Host.PublishAsync(Topic, "e1"));
        await east.Host.HoldsAsync(Topic, west.Id, await west.Host.PublishAsync(Topic, "w2"));

        Assert.Equal(["east/0:e0", "east/1:e1", "west/0:w0", "west/1:w1", "west/2:w2"], (await west.Host.ReadAllAsync(Topic)).Order());
        Assert.Equal(["east/0:e0", "east/1:e1", "west/0:w0", "west/1:w1", "west/2:w2"], (await east.Host.ReadAllAsync(Topic)).Order());
        await east.DisposeAsync();
    }

    [Fact]
    public async Task Stop_WhenEventsAreUnderWay_DrainsThemAndSaysGoodbye()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        var east = await LinkedNode.CreateAsync("east");
        west.Host.Want(">");
        await west.StartAsync();
        await east.StartAsync($"west={west.Address}");
        await SyncedAsync(west, east);
        await west.Host.HoldsAsync(Topic, east.Id, await east.Host.PublishAsync(Topic, "e0"));
        var id = east.Id;

        await east.DisposeAsync();

        await Eventually.IsTrue(() => west.Gateway.GetPeers().Single().Health == PeerHealth.Disconnected, "the link to end");
        Assert.Contains("The node is stopping", west.Gateway.GetPeers().Single().LastError, StringComparison.Ordinal);
        Assert.Contains(west.Ownership.Reports, static report => report.Health == PeerHealth.Healthy);
        Assert.Equal(id.Value, west.Gateway.GetPeers().Single().Peer);
    }

    [Fact]
    public async Task Clone_WhenItsLifeIsOlder_IsRefusedAndHearsWhy()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        await using var older = await LinkedNode.CreateAsync("east");
        await Eventually.IsTrue(() => TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() > older.Host.Identity.Incarnation.Value, "the clock to go on");
        await using var newer = await LinkedNode.CreateAsync("east");
        await west.StartAsync();
        await newer.StartAsync($"west={west.Address}");
        await SyncedAsync(west, newer);

        await older.StartAsync($"west={west.Address}");

        await Eventually.IsTrue(
            () => older.Gateway.GetPeers().Single().LastError.StartsWith("EM3004", StringComparison.Ordinal),
            () => $"the clone to hear EM3004: {older.Gateway.GetPeers().Single()}");
        Assert.Equal(newer.Host.Identity.Incarnation.Value, west.Gateway.GetPeers().Single().Incarnation);
        Assert.Equal(PeerHealth.Healthy, west.Gateway.GetPeers().Single().Health);
    }

    [Fact]
    public async Task Store_WhenItCannotTakeEventsNow_PausesAndGoesOnLater()
    {
        await using var west = await LinkedNode.CreateAsync("west");
        await using var east = await LinkedNode.CreateAsync("east");
        east.Host.Want(">");
        await west.StartAsync();
        await east.StartAsync($"west={west.Address}");
        await SyncedAsync(west, east);
        east.Host.StoreFailure = MeshErrorCode.LogFull;
        var end = await west.Host.PublishAsync(Topic, "a", "b", "c");
        await Eventually.IsTrue(() => west.Gateway.GetPeers().Single().EventsSent >= 3, "the events to be sent and refused for now");

        east.Host.StoreFailure = MeshErrorCode.None;
        await east.Host.HoldsAsync(Topic, west.Id, end);

        Assert.Equal(["west/0:a", "west/1:b", "west/2:c"], await east.Host.ReadAllAsync(Topic));
        Assert.Equal(PeerHealth.Healthy, west.Gateway.GetPeers().Single().Health);
    }

    private static async Task SyncedAsync(params LinkedNode[] nodes)
    {
        foreach (var node in nodes)
        {
            await Eventually.IsTrue(
                () => node.Gateway.GetPeers() is var peers && peers.Count == nodes.Length - 1
                    && peers.All(static peer => peer.Health == PeerHealth.Healthy && peer.IsInterestSynced),
                () => $"{node.Id} to be linked with {nodes.Length - 1} peers and in step with them: {string.Join("; ", node.Gateway.GetPeers())}");
        }
    }

    private static async Task<Position> PublishManyAsync(LinkedNode node, int count, int first = 0)
    {
        var end = Position.None;
        for (var i = first; i < first + count; i++)
        {
            end = await node.Host.PublishAsync(Topic, $"{node.Id}-{i}");
        }

        return end;
    }

    private static async Task HoldEverythingAsync(LinkedNode[] nodes, Position[] ends)
    {
        foreach (var node in nodes)
        {
            for (var i = 0; i < nodes.Length; i++)
            {
                await node.Host.HoldsAsync(Topic, nodes[i].Id, ends[i]);
            }
        }
    }

    private static async Task AssertCompleteAsync(LinkedNode node, LinkedNode[] origins, int count)
    {
        var held = await node.Host.ReadAllAsync(Topic);
        foreach (var origin in origins)
        {
            var expected = Enumerable.Range(0, count).Select(i => $"{origin.Id}/{i}:{origin.Id}-{i}");
            Assert.Equal(expected, held.Where(line => line.StartsWith(origin.Id.Value, StringComparison.Ordinal)));
        }

        Assert.Equal(count * origins.Length, held.Count);
    }
}
