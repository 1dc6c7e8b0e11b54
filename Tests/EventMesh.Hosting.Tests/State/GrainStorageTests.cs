using EventMesh.Core.Errors;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.State;
using EventMesh.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;

namespace EventMesh.Hosting.Tests.State;

/// <summary>Grain state over whole nodes: one owner of each kind, whichever silo asks.</summary>
public sealed class GrainStorageTests
{
    private static readonly GrainId Cart = GrainId.Create("cart", "7");

    [Fact]
    public async Task State_IsThereInTheNextLifeOfTheNode()
    {
        var first = await TestNode.StartAsync();
        var written = new GrainState<Basket>(new Basket("apples", 3));
        await Storage(first, 0).WriteStateAsync("cart", Cart, written);
        await first.DisposeAsync();

        await using var second = await TestNode.StartAsync(store: first.Store);
        var read = new GrainState<Basket>();
        await Storage(second, 0).ReadStateAsync("cart", Cart, read);

        Assert.Equal((new Basket("apples", 3), written.ETag, true), (read.State, read.ETag, read.RecordExists));
        Assert.NotNull(read.ETag);
        Assert.Equal(["$state.grains.cart"], second[0].ListTopics(null, default, 100).Select(static topic => topic.Topic.Value));
    }

    [Fact]
    public async Task Read_OfWhatWasNeverWrittenOrIsCleared_HasNoRecordAndAFreshState()
    {
        await using var node = await TestNode.StartAsync();
        var state = new GrainState<Counters>(new Counters { Value = 5 }, "7");

        await Storage(node, 0).ReadStateAsync("counters", Cart, state);
        Assert.Equal((0, null, false), (state.State!.Value, state.ETag, state.RecordExists));
        state.State.Value = 1;
        await Storage(node, 0).WriteStateAsync("counters", Cart, state);
        Assert.True(state.RecordExists);
        await Storage(node, 0).ClearStateAsync("counters", Cart, state);

        Assert.Equal((0, null, false), (state.State!.Value, state.ETag, state.RecordExists));
        await Storage(node, 0).ReadStateAsync("counters", Cart, state);
        Assert.Equal((0, null, false), (state.State!.Value, state.ETag, state.RecordExists));
    }

    [Fact]
    public async Task Write_OverWhatAnotherHasWritten_IsInconsistentAndNamesBothEtags()
    {
        await using var node = await TestNode.StartAsync(silos: 2);
        var (here, there) = (new GrainState<Basket>(), new GrainState<Basket>());
        here.State = new Basket("apples", 1);
        await Storage(node, 0).WriteStateAsync("cart", Cart, here);
        var old = here.ETag;
        await Storage(node, 1).ReadStateAsync("cart", Cart, there);
        there.State = new Basket("pears", 2);
        await Storage(node, 1).WriteStateAsync("cart", Cart, there);

        var onWrite = await Assert.ThrowsAsync<InconsistentStateException>(() => Storage(node, 0).WriteStateAsync("cart", Cart, here));
        var onClear = await Assert.ThrowsAsync<InconsistentStateException>(() => Storage(node, 0).ClearStateAsync("cart", Cart, here));

        Assert.Equal((there.ETag, old), (onWrite.StoredEtag, onWrite.CurrentEtag));
        Assert.Equal((there.ETag, old), (onClear.StoredEtag, onClear.CurrentEtag));
        await Storage(node, 0).ReadStateAsync("cart", Cart, here);
        Assert.Equal(new Basket("pears", 2), here.State);
    }

    /// <summary>Whoever loses a race reads again and repeats, so the sum shows every write that was acknowledged.</summary>
    [Fact]
    public async Task ManyWriters_OnSeveralSilos_LoseNoWrite()
    {
        await using var node = await TestNode.StartAsync(silos: 3, flush: new SeededFlush(3));
        const int Writers = 6;
        const int Increments = 20;

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => IncrementAsync(Storage(node, writer % 3), Increments)));

        var total = new GrainState<Counters>();
        await Storage(node, 0).ReadStateAsync("counters", Cart, total);
        Assert.Equal(Writers * Increments, total.State!.Value);
    }

    [Fact]
    public async Task Write_WhenItsOwnersSiloIsKilled_GoesOnAtTheNextOwner()
    {
        await using var node = await TestNode.StartAsync(silos: 2);
        var state = new GrainState<Counters>(new Counters { Value = 1 });
        // Kinds are spread over the silos, so that some are owned by the one that goes.
        for (var kind = 0; kind < 8; kind++)
        {
            state.ETag = null;
            await Storage(node, 0).WriteStateAsync($"kind{kind}", Cart, state);
        }

        await node.Cluster.KillSiloAsync(node.Cluster.Silos[1]);

        for (var kind = 0; kind < 8; kind++)
        {
            await Storage(node, 0).ReadStateAsync($"kind{kind}", Cart, state);
            Assert.Equal((1, true), (state.State!.Value, state.RecordExists));
            await Storage(node, 0).WriteStateAsync($"kind{kind}", Cart, state);
        }
    }

    [Theory]
    [InlineData("cart", "$state.grains.cart")]
    [InlineData("shop_2", "$state.grains.shop_2")]
    [InlineData("Shop.Cart", "$state.grains.Shop-Cart-81c0297a")]
    [InlineData("größe", "$state.grains.gr--e-d353a267")]
    [InlineData("", "$state.grains.-e3b0c442")]
    public void KindOf_AnyName_MakesATopic(string stateName, string topic) =>
        Assert.Equal(topic, StateTopics.Of(StateTopics.KindOf(stateName, Cart.Type)).Value);

    [Fact]
    public void KindOf_NamesThatDifferOnlyInWhatTopicsDoNotKnow_AreApart()
    {
        var names = new[] { "a.b", "a-b", "a b", "a_b", new string('a', 300), new string('a', 301) };

        Assert.Equal(names.Length, names.Select(static name => StateTopics.KindOf(name, Cart.Type)).Distinct().Count());
        Assert.All(names, static name => StateTopics.Of(StateTopics.KindOf(name, Cart.Type)));
        Assert.Equal("peers", StateTopics.KindOf("peers", GrainType.Create("eventmesh.peer")));
    }

    [Fact]
    public async Task TooLargeAValue_IsRefusedWithItsCode()
    {
        await using var node = await TestNode.StartAsync();
        var state = new GrainState<string>(new string('x', 300_000));

        var error = await Assert.ThrowsAsync<EventMeshException>(() => Storage(node, 0).WriteStateAsync("text", Cart, state));

        Assert.Equal(MeshErrorCode.EventTooLarge, error.Code);
        Assert.Null(state.ETag);
    }

    [Fact]
    public async Task StateTopics_MayBeReadButNotPublishedTo_AndAllDoesNotMeanThem()
    {
        await using var node = await TestNode.StartAsync();
        await using var all = await node[0].SubscribeAsync(">");
        await using var states = await node[0].SubscribeAsync("$state.>");
        var refused = await Assert.ThrowsAsync<EventMeshException>(async () => await node[0].PublishAsync("$state.grains.text", "forged"));
        var reply = await node.Services(0).GetRequiredService<IGrainFactory>().GetGrain<ITopicGrain>("$state.grains.text")
            .AppendAsync(new AppendRequest(1, TestEvents.Batch("forged").Bytes.ToArray(), Core.Events.Durability.Disk), CancellationToken.None);

        await Storage(node, 0).WriteStateAsync("text", Cart, new GrainState<string>("value"));
        await node[0].PublishAsync("orders", "order");

        Assert.Equal(MeshErrorCode.TopicReserved, refused.Code);
        Assert.Equal(MeshErrorCode.TopicReserved, reply.Code);
        Assert.Equal(["$state.grains.text:\"value\""], await states.TakeAsync(1));
        Assert.Equal(["orders:order"], await all.TakeAsync(1));
    }

    private static IGrainStorage Storage(TestNode node, int silo) =>
        node.Services(silo).GetRequiredKeyedService<IGrainStorage>(MeshGrainStorage.ProviderName);

    private static async Task IncrementAsync(IGrainStorage storage, int times)
    {
        var state = new GrainState<Counters>();
        await storage.ReadStateAsync("counters", Cart, state);
        for (var done = 0; done < times;)
        {
            state.State!.Value++;
            try
            {
                await storage.WriteStateAsync("counters", Cart, state);
                done++;
            }
            catch (InconsistentStateException)
            {
                await storage.ReadStateAsync("counters", Cart, state);
            }
        }
    }

    private sealed record Basket(string Fruit, int Count);

    private sealed class Counters
    {
        public int Value { get; set; }
    }
}
