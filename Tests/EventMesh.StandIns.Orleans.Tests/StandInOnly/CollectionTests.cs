using EventMesh.StandIns.Orleans.Tests.Grains;
using EventMesh.TestKit.Time;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests.StandInOnly;

public sealed class CollectionTests : IAsyncLifetime
{
    private readonly ManualTimeProvider _time = new();
    private InProcessTestCluster _cluster = null!;

    private Probe Probe => _cluster.Silos[0].ProbeOf();

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1, silo =>
    {
        silo.Services.AddSingleton<TimeProvider>(_time);
        silo.Configure<GrainCollectionOptions>(options => options.CollectionAge = TimeSpan.FromMinutes(2));
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(10));
    });

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Activation_WhenIdleForItsAge_IsDeactivated()
    {
        ILifeGrain grain = _cluster.Client.GetGrain<ILifeGrain>("a");
        await grain.CountAsync();
        Assert.Equal("a activated", await Probe.NextAsync());

        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(Probe.TakeAll());
        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("a deactivated: ActivationIdle", await Probe.NextAsync());
        Assert.Equal(1, await grain.CountAsync());
    }

    [Fact]
    public async Task Activation_WhenUsedNowAndThen_Stays()
    {
        ILifeGrain grain = _cluster.Client.GetGrain<ILifeGrain>("a");

        for (int i = 1; i <= 10; i++)
        {
            Assert.Equal(i, await grain.CountAsync());
            _time.Advance(TimeSpan.FromMinutes(1));
        }
    }

    [Fact]
    public async Task Timer_WhenItDoesNotKeepAlive_LetsTheActivationBeCollected()
    {
        IClockGrain clock = _cluster.Client.GetGrain<IClockGrain>("c");
        await clock.StartAsync(TimeSpan.FromSeconds(30), interleave: false);
        _time.Advance(TimeSpan.Zero);
        Assert.Equal("tick 1", await Probe.NextAsync());
        for (int i = 0; i < 10; i++)
        {
            // A tick's successor is armed when it has ended, so each is awaited before time goes on.
            _time.Advance(TimeSpan.FromSeconds(30));
            await _cluster.Client.GetGrain<ILifeGrain>("other").CountAsync();
        }

        _time.Advance(TimeSpan.FromMinutes(10));
        await _cluster.Client.GetGrain<ILifeGrain>("other").CountAsync();
        Probe.TakeAll();
        _time.Advance(TimeSpan.FromMinutes(1));
        await _cluster.Client.GetGrain<ILifeGrain>("other").CountAsync();

        Assert.DoesNotContain(Probe.TakeAll(), told => told.StartsWith("tick", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Call_WhenTheSilosClockReachesTheTimeout_TimesOut()
    {
        ITurnGrain grain = _cluster.Silos[0].GrainsOf().GetGrain<ITurnGrain>("a");
        Task call = grain.WaitAsync("gate");
        Assert.Equal("gate began", await Probe.NextAsync());

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.False(call.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));

        await Assert.ThrowsAsync<TimeoutException>(() => call.Within("the call to time out"));
        Probe.Open("gate");
    }
}
