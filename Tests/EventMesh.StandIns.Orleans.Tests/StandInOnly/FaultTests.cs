using EventMesh.StandIns.Orleans.Tests.Grains;
using EventMesh.TestKit.Time;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests.StandInOnly;

public sealed class FaultTests
{
    [Fact]
    public async Task ReorderCalls_WhenCallsAreSentTogether_TheyArriveInAnotherOrder()
    {
        await using InProcessTestCluster cluster = await StartAsync(new FaultOptions { Seed = 1, ReorderCalls = true });
        ILifeGrain grain = cluster.Client.GetGrain<ILifeGrain>("a");

        int[] order = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => grain.CountAsync())).Within("100 calls");

        Assert.Equal(Enumerable.Range(1, 100), order.Order());
        Assert.NotEqual(Enumerable.Range(1, 100), order);
    }

    [Fact]
    public async Task LoseResponses_WhenAllAreLost_CallTimesOutAfterItsEffect()
    {
        ManualTimeProvider time = new();
        await using InProcessTestCluster cluster = await TestClusters.StartAsync(1, silo =>
        {
            silo.Services.AddSingleton<TimeProvider>(time);
            silo.UseFaults(new FaultOptions { LoseResponses = 1 });
        });
        Probe probe = cluster.Silos[0].ProbeOf();
        probe.Open("gate");
        Task call = cluster.Silos[0].GrainsOf().GetGrain<ITurnGrain>("a").WaitAsync("gate");
        Assert.Equal("gate began", await probe.NextAsync());
        Assert.Equal("gate ended", await probe.NextAsync());

        time.Advance(TimeSpan.FromSeconds(31));

        await Assert.ThrowsAsync<TimeoutException>(() => call.Within("a timeout"));
    }

    [Fact]
    public async Task DeactivateIdle_WhenItIsCertain_EveryCallMeetsANewActivation()
    {
        await using InProcessTestCluster cluster = await StartAsync(new FaultOptions { DeactivateIdle = 1 });
        ILifeGrain grain = cluster.Client.GetGrain<ILifeGrain>("a");

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(1, await grain.CountAsync().Within("a call"));
        }
    }

    [Fact]
    public async Task AllFaults_WhenCallsAreRetried_EveryCallEnds()
    {
        await using InProcessTestCluster cluster = await StartAsync(
            new FaultOptions { Seed = 7, ReorderCalls = true, DeactivateIdle = 0.3 }, silos: 3);

        await Task.WhenAll(Enumerable.Range(0, 500).Select(async i =>
        {
            ILifeGrain grain = cluster.Client.GetGrain<ILifeGrain>($"grain-{i % 10}");
            Assert.True(await grain.CountAsync() > 0);
        })).Within("500 calls");
    }

    [Fact]
    public void UseFaults_WhenAShareIsNoShare_IsRefused()
    {
        InProcessTestClusterBuilder builder = new(1);
        builder.ConfigureSilo((_, silo) => silo.UseFaults(new FaultOptions { LoseResponses = 1.5 }));

        Assert.ThrowsAny<ArgumentOutOfRangeException>(() => builder.Build().DeployAsync().GetAwaiter().GetResult());
    }

    private static Task<InProcessTestCluster> StartAsync(FaultOptions options, short silos = 1) =>
        TestClusters.StartAsync(silos, silo => silo.UseFaults(options));
}
