using EventMesh.Core.Identity;
using EventMesh.Grains.State;
using EventMesh.Hosting.Node;
using EventMesh.Storage.Memory;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.TestingHost;

namespace EventMesh.UserHost.Tests.PackagesOnly;

/// <summary>A grain of the host that keeps its state in the node's log, by the attribute that Orleans has for it.</summary>
public sealed class PersistentStateTests
{
    [Fact]
    public async Task State_IsThereInTheNextLifeOfTheNode_BesideTheHostsOwnDefaultProvider()
    {
        var store = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System);
        await using (var first = await StartAsync(store))
        {
            var cart = first.Client.GetGrain<ICartGrain>("7");
            Assert.False(await cart.IsKnownAsync());
            await cart.AddAsync("apples");
            Assert.Equal(2, await cart.AddAsync("pears"));
            await first.StopAllSilosAsync();
        }

        await using var second = await StartAsync(store);
        var again = second.Client.GetGrain<ICartGrain>("7");

        Assert.True(await again.IsKnownAsync());
        Assert.Equal(3, await again.AddAsync("plums"));
        await again.ClearAsync();
        Assert.False(await again.IsKnownAsync());
        // What the grain keeps by the default provider is the host's, in memory, and went with it.
        Assert.Equal(1, await again.CountVisitAsync());
        await second.StopAllSilosAsync();
    }

    [Fact]
    public async Task StateChangedBehindItsBack_EndsTheActivation_AndTheNextReadsWhatIsStored()
    {
        var store = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System);
        await using var cluster = await StartAsync(store);
        var cart = cluster.Client.GetGrain<ICartGrain>("7");
        await cart.AddAsync("apples");
        var storage = cluster.GetSiloServiceProvider().GetRequiredKeyedService<IGrainStorage>(MeshGrainStorage.ProviderName);
        var state = new GrainState<Cart>();
        await storage.ReadStateAsync("cart", cart.GetGrainId(), state);
        state.State!.Items.AddRange(["pears", "plums"]);
        await storage.WriteStateAsync("cart", cart.GetGrainId(), state);

        await Assert.ThrowsAsync<InconsistentStateException>(() => cart.AddAsync("nuts"));

        Assert.Equal(4, await cart.AddAsync("nuts"));
        await cluster.StopAllSilosAsync();
    }

    private static async Task<InProcessTestCluster> StartAsync(MemoryLogStore store)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorageAsDefault();
            silo.Services.AddSingleton<IEventLogProvider>(new SharedMemoryEventLogProvider(store));
            silo.AddEventMesh(static options =>
            {
                options.NodeId = "west";
                options.PeerListen = "";
            });
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}

public interface ICartGrain : IGrainWithStringKey
{
    Task<bool> IsKnownAsync();

    /// <summary>Adds an item; the result is how many there are.</summary>
    Task<int> AddAsync(string item);

    Task ClearAsync();

    Task<int> CountVisitAsync();
}

public sealed class CartGrain(
    [PersistentState("cart", MeshGrainStorage.ProviderName)] IPersistentState<Cart> cart,
    [PersistentState("visits")] IPersistentState<Visits> visits) : Grain, ICartGrain
{
    public Task<bool> IsKnownAsync() => Task.FromResult(cart.RecordExists);

    public async Task<int> AddAsync(string item)
    {
        cart.State.Items.Add(item);
        await cart.WriteStateAsync();
        return cart.State.Items.Count;
    }

    public Task ClearAsync() => cart.ClearStateAsync();

    public async Task<int> CountVisitAsync()
    {
        visits.State.Count++;
        await visits.WriteStateAsync();
        return visits.State.Count;
    }
}

[GenerateSerializer]
public sealed class Cart
{
    [Id(0)]
    public List<string> Items { get; set; } = [];
}

[GenerateSerializer]
public sealed class Visits
{
    [Id(0)]
    public int Count { get; set; }
}
