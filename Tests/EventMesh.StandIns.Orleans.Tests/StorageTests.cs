using EventMesh.StandIns.Orleans.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Storage;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

/// <summary>A storage provider is a service under its name, and one exception of it ends activations.</summary>
public sealed class StorageTests : IAsyncLifetime
{
    private readonly ValueStorage _storage = new();
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync() =>
        _cluster = await TestClusters.StartAsync(1, silo => silo.Services.AddKeyedSingleton<IGrainStorage>("tests", _storage));

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task State_IsWrittenReadAndCleared_UnderTheGrainsId()
    {
        IStoringGrain grain = _cluster.Client.GetGrain<IStoringGrain>("a");

        Assert.Null(await grain.ReadAsync());
        Assert.Equal("1", await grain.WriteAsync("one"));
        Assert.Equal("2", await grain.WriteAsync("two"));
        Assert.Equal("two", await grain.ReadAsync());
        Assert.Null(await _cluster.Client.GetGrain<IStoringGrain>("b").ReadAsync());
        Assert.False(await grain.ClearAsync());
        Assert.Null(await grain.ReadAsync());
    }

    [Fact]
    public async Task InconsistentState_ThatEscapesFromACall_EndsTheActivationAndTellsTheEtags()
    {
        IStoringGrain grain = _cluster.Client.GetGrain<IStoringGrain>("a");
        await grain.WriteAsync("one");
        Guid first = await grain.GetActivationAsync();
        _storage.Spoil("a");

        InconsistentStateException error = await Assert.ThrowsAsync<InconsistentStateException>(() => grain.WriteAsync("two"));

        Assert.Equal(("2", "1"), (error.StoredEtag, error.CurrentEtag));
        Assert.NotEqual(first, await grain.GetActivationAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task InconsistentState_OfAnotherGrain_LeavesItsCallerActive(bool inSilo)
    {
        IGrainFactory grains = inSilo ? _cluster.Silos[0].GrainsOf() : _cluster.Client;
        (IStoringGrain grain, IStoringGrain caller) = (grains.GetGrain<IStoringGrain>("a"), grains.GetGrain<IStoringGrain>("caller"));
        await grain.WriteAsync("one");
        (Guid first, Guid other) = (await grain.GetActivationAsync(), await caller.GetActivationAsync());
        _storage.Spoil("a");

        await Assert.ThrowsAsync<InconsistentStateException>(() => caller.WriteToAsync(grain, "two"));

        Assert.Equal(other, await caller.GetActivationAsync());
        Assert.NotEqual(first, await grain.GetActivationAsync());
    }
}
