using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class TimerTests : IAsyncLifetime
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);
    private InProcessTestCluster _cluster = null!;

    private Probe Probe => _cluster.Silos[0].ProbeOf();

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Timer_WhenATickFails_GoesOn()
    {
        IClockGrain grain = _cluster.Client.GetGrain<IClockGrain>("a");

        await grain.StartAsync(Period, interleave: false);

        for (int i = 1; i <= 4; i++)
        {
            Assert.Equal($"tick {i}", await Probe.NextAsync());
        }
    }

    [Fact]
    public async Task Timer_WhenItDoesNotInterleave_WaitsForTheCallThatRuns()
    {
        IClockGrain grain = _cluster.Client.GetGrain<IClockGrain>("a");
        Task hold = grain.HoldAsync("gate");
        Assert.Equal("gate began", await Probe.NextAsync());
        Task start = grain.StartAsync(Period, interleave: false);

        Probe.Open("gate");
        await Task.WhenAll(hold, start).Within("both calls to end");

        Assert.Equal("gate ended", await Probe.NextAsync());
        Assert.Equal("tick 1", await Probe.NextAsync());
    }

    [Fact]
    public async Task Timer_WhenItInterleaves_TicksWhileACallWaits()
    {
        IClockGrain grain = _cluster.Client.GetGrain<IClockGrain>("a");
        await grain.StartAsync(Period, interleave: true);
        Assert.Equal("tick 1", await Probe.NextAsync());
        Task hold = grain.HoldAsync("gate");
        List<string> told = [];
        while (!told.Contains("gate began"))
        {
            told.Add(await Probe.NextAsync());
        }

        string next = await Probe.NextAsync();

        Assert.StartsWith("tick", next, StringComparison.Ordinal);
        Probe.Open("gate");
        await hold.Within("the call to end");
    }

    [Fact]
    public async Task Timer_WhenDisposed_TicksNoMore()
    {
        IClockGrain grain = _cluster.Client.GetGrain<IClockGrain>("a");
        await grain.StartAsync(Period, interleave: false);
        Assert.Equal("tick 1", await Probe.NextAsync());

        await grain.StopAsync();
        Probe.TakeAll();
        Probe.Open("gate");
        await grain.HoldAsync("gate");

        Assert.Equal(["gate began", "gate ended"], Probe.TakeAll());
    }
}
