using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class TurnTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private Probe Probe => _cluster.Silos[0].ProbeOf();

    private ITurnGrain Grain => _cluster.Silos[0].GrainsOf().GetGrain<ITurnGrain>(TestClusters.NewKey());

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Call_WhenAnotherWaits_BeginsAfterIt()
    {
        ITurnGrain grain = Grain;
        Task first = grain.WaitAsync("a");
        Assert.Equal("a began", await Probe.NextAsync());
        Task second = grain.WaitAsync("b");
        Probe.Open("b");

        // An interleaving call that came later gets through: the second is held back, not merely late.
        Assert.Equal("x", await grain.EchoInterleavedAsync("x"));
        Assert.Empty(Probe.TakeAll());
        Probe.Open("a");
        await Task.WhenAll(first, second).Within("both calls to end");

        Assert.Equal(["a ended", "b began", "b ended"], Probe.TakeAll());
    }

    [Fact]
    public async Task Call_WhenMethodAlwaysInterleaves_BeginsWhileAnotherWaits()
    {
        ITurnGrain grain = Grain;
        Task first = grain.WaitAsync("a");
        Assert.Equal("a began", await Probe.NextAsync());
        Task second = grain.WaitInterleavedAsync("b");

        Assert.Equal("b began", await Probe.NextAsync());
        Probe.Open("a");
        Probe.Open("b");
        await Task.WhenAll(first, second).Within("both calls to end");
    }

    [Fact]
    public async Task Call_WhenOnlyInterleavingOnesRun_Begins()
    {
        ITurnGrain grain = Grain;
        Task first = grain.WaitInterleavedAsync("a");
        Assert.Equal("a began", await Probe.NextAsync());
        Task second = grain.WaitAsync("b");

        Assert.Equal("b began", await Probe.NextAsync());
        Probe.Open("a");
        Probe.Open("b");
        await Task.WhenAll(first, second).Within("both calls to end");
    }

    [Fact]
    public async Task Call_WhenBothAreReadOnly_Interleaves()
    {
        ITurnGrain grain = Grain;
        Task first = grain.WaitReadOnlyAsync("a");
        Assert.Equal("a began", await Probe.NextAsync());
        Task writer = grain.WaitAsync("w");
        Task second = grain.WaitReadOnlyAsync("b");

        Assert.Equal("b began", await Probe.NextAsync());
        Probe.Open("b");
        await second.Within("the read-only call to end");
        Assert.Equal(["b ended"], Probe.TakeAll());
        Probe.Open("a");
        Probe.Open("w");
        await Task.WhenAll(first, writer).Within("the other calls to end");
    }

    [Fact]
    public async Task Call_WhenClassIsReentrant_Interleaves()
    {
        IReentrantGrain grain = _cluster.Silos[0].GrainsOf().GetGrain<IReentrantGrain>(TestClusters.NewKey());
        Task first = grain.WaitAsync("a");
        Assert.Equal("a began", await Probe.NextAsync());
        Task second = grain.WaitAsync("b");

        Assert.Equal("b began", await Probe.NextAsync());
        Probe.Open("a");
        Probe.Open("b");
        await Task.WhenAll(first, second).Within("both calls to end");
    }

    [Fact]
    public async Task Calls_WhenManyRunAtOnce_NeverShareATurn()
    {
        ITurnGrain grain = Grain;

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Task.Run(() => grain.AddSlowlyAsync(1, i % 4)))).Within("all additions");

        Assert.Equal(200, await grain.AddSlowlyAsync(0, 0));
    }

    [Fact]
    public async Task Continuation_WhenGrainAwaits_StaysOnItsScheduler() => Assert.True(await Grain.StaysOnSchedulerAsync());

    [Fact]
    public async Task Call_WhenGrainCallsItsOwnInterleavingMethod_Ends() =>
        Assert.Equal("x", await Grain.CallItselfAsync("x").Within("the grain's call to itself"));

    [Fact]
    public async Task OneWayCall_WhenMethodWaits_EndsAtOnce()
    {
        ITurnGrain grain = Grain;

        await grain.WaitOneWayAsync("a").Within("a one-way call to end");

        Assert.Equal("a began", await Probe.NextAsync());
        Probe.Open("a");
        Assert.Equal("a ended", await Probe.NextAsync());
    }

    [Fact]
    public async Task Call_WhenAnswerDoesNotComeInTime_ThrowsTimeout()
    {
        ITurnGrain grain = Grain;

        Task call = grain.WaitBrieflyAsync("a");
        Assert.Equal("a began", await Probe.NextAsync());

        await Assert.ThrowsAsync<TimeoutException>(() => call.Within("a timeout of the call"));

        Probe.Open("a");
        Assert.Equal("a ended", await Probe.NextAsync());
    }
}
