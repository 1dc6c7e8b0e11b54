using EventMesh.Core.Errors;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.State;
using EventMesh.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>Two lives of a node over one store: what an operator said of its peers holds in the second.</summary>
public sealed class PeerRestartTests
{
    [Fact]
    public async Task PeerAddedAtRunTime_IsDialledAtOnce_AndInTheNextLife_UntilItIsForgotten()
    {
        var store = MeshHost.NewStore("west");
        await using var east = await MeshHost.StartAsync("east");
        long firstNumber;
        await using (var first = await MeshHost.StartAsync("west", store, ""))
        {
            Assert.Equal(MeshErrorCode.None, (await Grain(first, "east").SetAddressAsync(east.PeerAddress)).Code);
            await LinkedAsync(first, "east");
            await Eventually.IsTrue(async () => (await Grain(first, "east").GetSettingsAsync()).LinkNumber > 0, "the link to be remembered");
            firstNumber = (await Grain(first, "east").GetSettingsAsync()).LinkNumber;
        }

        await using var second = await MeshHost.StartAsync("west", store, "");
        await LinkedAsync(second, "east");
        var settings = await Grain(second, "east").GetSettingsAsync();
        Assert.Equal((east.PeerAddress, false, east.Node.Identity.Incarnation.Value), (settings.Address, settings.IsHeld, settings.Incarnation));
        Assert.True(Report(second, "east").LinkNumber > firstNumber);

        Assert.Equal(MeshErrorCode.None, (await Grain(second, "east").ForgetAsync()).Code);

        await IsAsync(second, "east", PeerHealth.Disconnected);
        await IsAsync(east, "west", PeerHealth.Disconnected);
        Assert.Equal("", Report(second, "east").Address);
    }

    [Fact]
    public async Task PeerKeptOff_StaysOffInTheNextLife_UntilThatIsLifted()
    {
        var store = MeshHost.NewStore("west");
        await using var first = await MeshHost.StartAsync("west", store, "127.0.0.1:0");
        var address = first.PeerAddress;
        await using var east = await MeshHost.StartAsync("east", $"west={address}");
        await LinkedAsync(first, "east");

        Assert.Equal(MeshErrorCode.None, (await Grain(first, "east").SetHealthAsync(PeerHealth.Disconnected)).Code);

        await IsAsync(first, "east", PeerHealth.Disconnected);
        Assert.True(Report(first, "east").IsHeld);
        await RefusedAsync(east);
        await first.DisposeAsync();
        await using var second = await MeshHost.StartAsync("west", store, address);
        await RefusedAsync(east);
        Assert.True((await Grain(second, "east").GetSettingsAsync()).IsHeld);
        Assert.True(Report(second, "east") is { IsHeld: true, Health: PeerHealth.Disconnected });

        Assert.Equal(MeshErrorCode.None, (await Grain(second, "east").SetHealthAsync(PeerHealth.Healthy)).Code);

        await LinkedAsync(second, "east");
        Assert.False((await Grain(second, "east").GetSettingsAsync()).IsHeld);
    }

    [Fact]
    public async Task EarlierLifeOfAPeer_IsRefusedAfterARestartToo()
    {
        var store = MeshHost.NewStore("west");
        var eastStore = MeshHost.NewStore("east");
        // A store that never heard of the newer life: a clone, or a backup that was put back.
        var cloneStore = MeshHost.NewStore("east");
        await using var clone = await MeshHost.StartAsync("east", cloneStore, "127.0.0.1:0");
        await using (var east = await MeshHost.StartAsync("east", eastStore, "127.0.0.1:0"))
        {
            Assert.True(east.Node.Identity.Incarnation > clone.Node.Identity.Incarnation);
            await using var first = await MeshHost.StartAsync("west", store, "", $"east={east.PeerAddress}");
            await LinkedAsync(first, "east");
            await Eventually.IsTrue(async () => (await Grain(first, "east").GetSettingsAsync()).Incarnation > 0, "the life to be remembered");
        }

        await using var second = await MeshHost.StartAsync("west", store, "", $"east={clone.PeerAddress}");

        await Eventually.IsTrue(
            () => Task.FromResult(Report(second, "east").LastError.Contains(MeshErrorCode.DuplicateNodeId.ToLabel(), StringComparison.Ordinal)),
            "the older life to be refused");
        Assert.Equal(PeerHealth.Disconnected, Report(second, "east").Health);
    }

    [Fact]
    public async Task NodesState_StaysOnItsNode_WhoeverSubscribesElsewhere()
    {
        await using var west = await MeshHost.StartAsync("west");
        await using var east = await MeshHost.StartAsync("east", $"west={west.PeerAddress}");
        await using var states = await east.Node.SubscribeAsync("$state.>", "orders");
        await LinkedAsync(east, "west");
        var storage = west.Services.GetRequiredKeyedService<IGrainStorage>(MeshGrainStorage.ProviderName);
        for (var i = 0; i < 3; i++)
        {
            await storage.WriteStateAsync("secret", GrainId.Create("vault", $"{i}"), new GrainState<string>("vaulted"));
        }

        await west.Node.PublishAsync("orders", "from west");

        // Its own state, such as what the link has taught it of its peer, it does see.
        for (var taken = ""; taken != "orders:from west";)
        {
            taken = (await states.TakeAsync(1))[0];
            Assert.DoesNotContain("vaulted", taken, StringComparison.Ordinal);
        }

        Assert.DoesNotContain(east.Node.ListTopics(null, default, 100), static topic => topic.Topic.Value.StartsWith("$state.grains", StringComparison.Ordinal));
        Assert.Equal(["\"vaulted\"", "\"vaulted\"", "\"vaulted\""], await west.Node.ReadAllAsync("$state.grains.secret"));
    }

    private static IPeerGrain Grain(MeshHost host, string peer) => host.Services.GetRequiredService<IGrainFactory>().GetGrain<IPeerGrain>(peer);

    private static PeerReport Report(MeshHost host, string peer) => host.Peers.GetPeers().Single(report => report.Peer == peer);

    private static Task LinkedAsync(MeshHost host, string peer) => Eventually.IsTrue(
        () => Task.FromResult(host.Peers.GetPeers().Any(report => report.Peer == peer && report is { Health: PeerHealth.Healthy, IsInterestSynced: true })),
        $"a link to {peer} in step with interest");

    private static Task IsAsync(MeshHost host, string peer, PeerHealth health) =>
        Eventually.IsTrue(() => Task.FromResult(Report(host, peer).Health == health), $"{peer} to be {health}");

    private static Task RefusedAsync(MeshHost dialer) => Eventually.IsTrue(
        () => Task.FromResult(Report(dialer, "west").LastError.Contains(MeshErrorCode.PeerHeld.ToLabel(), StringComparison.Ordinal)),
        "the dial to be refused by the other's operator");
}
