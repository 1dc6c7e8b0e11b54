using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class LifeTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task DeactivateOnIdle_WhenCallEnds_EndsTheActivationAndTheNextCallStartsAnother()
    {
        _cluster = await TestClusters.StartAsync(1);
        Probe probe = _cluster.Silos[0].ProbeOf();
        ILifeGrain grain = _cluster.Client.GetGrain<ILifeGrain>("a");
        Assert.Equal(1, await grain.CountAsync());
        Assert.Equal(2, await grain.CountAsync());

        await grain.EndWhenIdleAsync();
        int afterwards = await grain.CountAsync();

        Assert.Equal(1, afterwards);
        Assert.Equal(["a activated", "a deactivated: ApplicationRequested", "a activated"], probe.TakeAll());
    }

    [Fact]
    public async Task DeactivateOnIdle_WhenCallsWait_HandsThemToTheNextActivation()
    {
        _cluster = await TestClusters.StartAsync(1);
        ILifeGrain grain = _cluster.Client.GetGrain<ILifeGrain>("a");
        Task hold = grain.HoldAsync("gate");
        Assert.Equal("a activated", await _cluster.Silos[0].ProbeOf().NextAsync());
        Assert.Equal("gate began", await _cluster.Silos[0].ProbeOf().NextAsync());
        Task end = grain.EndWhenIdleAsync();
        Task<int> count = grain.CountAsync();

        _cluster.Silos[0].ProbeOf().Open("gate");

        await Task.WhenAll(hold, end, count).Within("all three calls to end");
        Assert.InRange(await count, 1, 1);
    }

    [Fact]
    public async Task Activation_WhenItFails_ItsErrorReachesTheCaller()
    {
        _cluster = await TestClusters.StartAsync(1);

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => _cluster.Client.GetGrain<IBrokenGrain>("a").CallAsync());

        Assert.Contains("cannot start", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stop_WhenSiloHasActivations_DeactivatesThemAndCallsGoElsewhere()
    {
        _cluster = await TestClusters.StartAsync(2);
        (ILifeGrain grain, InProcessSiloHandle owner) = await GetGrainOnAsync(1);
        Probe probe = owner.ProbeOf();

        await _cluster.StopSiloAsync(owner).Within("a graceful stop");
        string where = await grain.WhereAsync();

        Assert.NotEqual(owner.Name, where);
        Assert.Contains(probe.TakeAll(), told => told.EndsWith("deactivated: ShuttingDown", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kill_WhenCallIsUnderWay_FailsItAndTheNextCallActivatesElsewhere()
    {
        _cluster = await TestClusters.StartAsync(2);
        (ILifeGrain grain, InProcessSiloHandle owner) = await GetGrainOnAsync(1);
        Probe probe = owner.ProbeOf();
        probe.TakeAll();
        Task hold = grain.HoldAsync("never");
        Assert.Equal("never began", await probe.NextAsync());

        await _cluster.KillSiloAsync(owner).Within("a kill");

        await Assert.ThrowsAsync<SiloUnavailableException>(() => hold.Within("the call to the killed silo to fail"));
        Assert.Equal(1, await grain.CountAsync());
        Assert.NotEqual(owner.Name, await grain.WhereAsync());
    }

    [Fact]
    public async Task Calls_WhenManyStartAGrainAtOnce_MeetOneActivation()
    {
        _cluster = await TestClusters.StartAsync(2);
        IGrainFactory[] factories = [_cluster.Client, _cluster.Silos[0].GrainsOf(), _cluster.Silos[1].GrainsOf()];

        for (int round = 0; round < 20; round++)
        {
            string key = TestClusters.NewKey();
            Guid[] activations = await Task.WhenAll(
                Enumerable.Range(0, 12).Select(i => Task.Run(() => factories[i % 3].GetGrain<ILifeGrain>(key).GetActivationAsync())));
            Assert.Single(activations.Distinct());
        }
    }

    [Fact]
    public async Task Placement_WhenItPrefersLocal_ActivatesOnTheCallersSilo()
    {
        _cluster = await TestClusters.StartAsync(2);

        foreach (InProcessSiloHandle silo in _cluster.Silos)
        {
            for (int i = 0; i < 10; i++)
            {
                Assert.Equal(silo.Name, await silo.GrainsOf().GetGrain<ILocalGrain>(TestClusters.NewKey()).WhereAsync());
            }
        }
    }

    [Fact]
    public async Task Placement_WhenItIsFree_UsesAllSilos()
    {
        _cluster = await TestClusters.StartAsync(2);
        HashSet<string> names = [];

        for (int i = 0; i < 200 && names.Count < 2; i++)
        {
            names.Add(await _cluster.Client.GetGrain<ILifeGrain>(TestClusters.NewKey()).WhereAsync());
        }

        Assert.Equal(2, names.Count);
    }

    [Fact]
    public async Task StartAdditionalSilo_WhenItHasStarted_GetsActivations()
    {
        _cluster = await TestClusters.StartAsync(1);
        InProcessSiloHandle added = await _cluster.StartAdditionalSiloAsync();

        string where = await added.GrainsOf().GetGrain<ILocalGrain>(TestClusters.NewKey()).WhereAsync();

        Assert.Equal(added.Name, where);
        Assert.Equal(2, _cluster.Silos.Count);
    }

    /// <summary>A grain that is active on the silo with this number.</summary>
    private async Task<(ILifeGrain Grain, InProcessSiloHandle Owner)> GetGrainOnAsync(int silo)
    {
        InProcessSiloHandle owner = _cluster.Silos[silo];
        while (true)
        {
            ILifeGrain grain = _cluster.Silos[0].GrainsOf().GetGrain<ILifeGrain>(TestClusters.NewKey());
            if (await grain.WhereAsync() == owner.Name)
            {
                return (grain, owner);
            }

            await grain.EndWhenIdleAsync();
        }
    }
}
