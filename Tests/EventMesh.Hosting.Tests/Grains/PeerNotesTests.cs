using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Peers;
using EventMesh.Grains.State;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Tests.Links;
using EventMesh.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EventMesh.Hosting.Tests.Grains;

/// <summary>What the node remembers of peers: written by their grains, read by every silo from the log.</summary>
public sealed class PeerNotesTests
{
    private static readonly GrainId East = GrainId.Create("eventmesh.peer", "east");

    /// <summary>Two activations of one grain, as they can exist for a moment.</summary>
    [Fact]
    public async Task Change_ByTwoActivationsAtOnce_LosesNeithersWord()
    {
        await using var node = await TestNode.StartAsync(silos: 2, flush: new SeededFlush(1));
        var (one, other) = (new PeerNotes(Storage(node, 0), East), new PeerNotes(Storage(node, 1), East));

        for (var i = 1; i <= 20; i++)
        {
            var (address, isHeld, number) = ($"east:{i}", i % 2 == 0, i);
            await Task.WhenAll(
                one.ChangeAsync(note => note with { Address = address }),
                other.ChangeAsync(note => note with { IsHeld = isHeld }),
                one.ChangeAsync(note => note.Learn(0, number)),
                other.ChangeAsync(note => note.Learn(number, 0)));

            var stored = await new PeerNotes(Storage(node, 0), East).ReadAsync();
            Assert.Equal(new PeerNote { Address = address, IsHeld = isHeld, Incarnation = i, LinkNumber = i }, stored);
        }
    }

    [Fact]
    public async Task Change_ThatChangesNothing_WritesNothing_AndForgettingClears()
    {
        await using var node = await TestNode.StartAsync();
        var notes = new PeerNotes(Storage(node, 0), East);
        await notes.ChangeAsync(static note => note with { Address = "east:1" });
        var end = End(node);

        await notes.ChangeAsync(static note => note with { Address = "east:1" });
        Assert.Equal(end, End(node));
        await notes.ChangeAsync(static _ => PeerNote.Empty);

        Assert.Equal(end.Plus(1), End(node));
        Assert.Equal(PeerNote.Empty, await new PeerNotes(Storage(node, 0), East).ReadAsync());
    }

    [Fact]
    public async Task Book_ShowsThePeersThatAreRemembered_AndNothingElseOfTheTopic()
    {
        await using var node = await TestNode.StartAsync();
        var log = node.Services(0).GetRequiredService<NodeLog>().Log;
        var book = new PeerBook(log, NullLogger.Instance);
        Assert.False(await book.CatchUpAsync(CancellationToken.None));
        await new PeerNotes(Storage(node, 0), East).ChangeAsync(static note => note with { Address = "east:1" });
        await Storage(node, 0).WriteStateAsync("peers", GrainId.Create("eventmesh.other", "south"), new GrainState<string>("something else"));
        await Storage(node, 0).WriteStateAsync("peers", GrainId.Create("eventmesh.peer", "north"), new GrainState<string>("no note"));

        Assert.True(await book.CatchUpAsync(CancellationToken.None));

        var (peer, note) = Assert.Single(book.Notes);
        Assert.Equal((NodeId.Parse("east"), "east:1"), (peer, note.Address));
        await new PeerNotes(Storage(node, 0), East).ChangeAsync(static _ => PeerNote.Empty);
        Assert.True(await book.CatchUpAsync(CancellationToken.None));
        Assert.Empty(book.Notes);
    }

    [Fact]
    public async Task PeerGivenAtOneSilo_IsDialledByOneOfAll_AndKnownToAll()
    {
        await using var node = await TestNode.StartAsync(silos: 2);
        var grain = Grain(node, "east");

        Assert.Equal(MeshErrorCode.None, (await grain.SetAddressAsync("127.0.0.1:1")).Code);

        foreach (var silo in new[] { 0, 1 })
        {
            var peers = node.Services(silo).GetRequiredService<IPeerStatusSource>();
            await Eventually.IsTrue(() => peers.GetPeers().Any(static peer => peer is { Peer: "east", Address: "127.0.0.1:1", IsHeld: false }), $"silo {silo} to know the peer");
        }

        Assert.Equal(MeshErrorCode.None, (await grain.SetHealthAsync(PeerHealth.Disconnected)).Code);
        foreach (var silo in new[] { 0, 1 })
        {
            var peers = node.Services(silo).GetRequiredService<IPeerStatusSource>();
            await Eventually.IsTrue(() => peers.GetPeers().Any(static peer => peer is { Peer: "east", IsHeld: true }), $"silo {silo} to keep the peer off");
        }
    }

    [Theory]
    [InlineData("east", "nowhere", MeshErrorCode.InvalidArgument)]
    [InlineData("east", "east:0", MeshErrorCode.InvalidArgument)]
    [InlineData("east", "", MeshErrorCode.InvalidArgument)]
    [InlineData("west", "127.0.0.1:1", MeshErrorCode.SelfLink)]
    [InlineData("not an id", "127.0.0.1:1", MeshErrorCode.InvalidNodeId)]
    public async Task SetAddress_ThatMakesNoSense_IsRefusedAndStoresNothing(string peer, string address, MeshErrorCode code)
    {
        await using var node = await TestNode.StartAsync();

        var change = await Grain(node, peer).SetAddressAsync(address);

        Assert.Equal(code, change.Code);
        Assert.NotEmpty(change.Message);
        Assert.Equal(LogOffset.Zero, End(node));
    }

    [Fact]
    public async Task Change_WhenTheLogHasFailed_SaysSo_AndReportsAreStillTaken()
    {
        await using var node = await TestNode.StartAsync();
        node.Store.Fail("the test broke it");

        Assert.Equal(MeshErrorCode.LogFailed, (await Grain(node, "east").SetAddressAsync("127.0.0.1:1")).Code);
        Assert.Equal(MeshErrorCode.LogFailed, (await Grain(node, "east").GetSettingsAsync()).Code);
        Assert.True(await Grain(node, "east").ClaimAsync("silo"));
        Assert.Equal(MeshErrorCode.None, (await Grain(node, "east").SetHealthAsync(PeerHealth.Unhealthy)).Code);
    }

    private static LogOffset End(TestNode node) => node[0].GetReader(StateTopics.Of(StateTopics.Peers)).Bounds.End;

    private static IPeerGrain Grain(TestNode node, string peer) => node.Services(0).GetRequiredService<IGrainFactory>().GetGrain<IPeerGrain>(peer);

    private static IGrainStorage Storage(TestNode node, int silo) =>
        node.Services(silo).GetRequiredKeyedService<IGrainStorage>(MeshGrainStorage.ProviderName);
}
