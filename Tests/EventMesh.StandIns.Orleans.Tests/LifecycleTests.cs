using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class LifecycleTests
{
    private static readonly int[] Stages =
        [ServiceLifecycleStage.ApplicationServices, ServiceLifecycleStage.Active, ServiceLifecycleStage.RuntimeStorageServices];

    [Fact]
    public async Task Stages_WhenSiloStartsAndStops_RunUpAndThenDown()
    {
        Recorder recorder = new();
        await using (InProcessTestCluster cluster = await StartAsync(recorder))
        {
            await cluster.StopAllSilosAsync();
        }

        Assert.Equal(
            ["start 6000", "start 10000", "start 20000", "stop 20000", "stop 10000", "stop 6000"], recorder.Told);
    }

    [Fact]
    public async Task Stages_WhenSiloIsKilled_StopWithATokenThatHasCome()
    {
        Recorder recorder = new();
        await using InProcessTestCluster cluster = await StartAsync(recorder);

        await cluster.KillSiloAsync(cluster.Silos[0]);

        Assert.Equal(
            ["start 6000", "start 10000", "start 20000", "crash 20000", "crash 10000", "crash 6000"], recorder.Told);
    }

    [Fact]
    public async Task Start_WhenAStageFails_FailsAndStopsWhatHadBegun()
    {
        Recorder recorder = new() { FailAt = ServiceLifecycleStage.ApplicationServices };

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync(recorder));

        Assert.Equal("stage 10000 was told to fail", error.Message);
        Assert.DoesNotContain("start 20000", recorder.Told);
    }

    [Fact]
    public async Task StartupTask_WhenSiloHasStarted_HasRunWithGrainsAtHand()
    {
        TaskCompletionSource<string> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using InProcessTestCluster cluster = await TestClusters.StartAsync(1, silo => silo.AddStartupTask(
            async (services, _) => answer.SetResult(
                await services.GetRequiredService<IGrainFactory>().GetGrain<Grains.IEchoGrain>("a").SayAsync("hello"))));

        Assert.Equal("a says hello", await answer.Task.Within("the startup task"));
    }

    private static Task<InProcessTestCluster> StartAsync(Recorder recorder) => TestClusters.StartAsync(
        1, silo => silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(recorder));

    private sealed class Recorder : ILifecycleParticipant<ISiloLifecycle>
    {
        private readonly Lock _gate = new();
        private readonly List<string> _told = [];

        public int FailAt { get; init; }

        public List<string> Told
        {
            get
            {
                lock (_gate)
                {
                    return [.. _told];
                }
            }
        }

        public void Participate(ISiloLifecycle lifecycle)
        {
            foreach (int stage in Stages)
            {
                lifecycle.Subscribe<Recorder>(
                    stage, _ => StartAsync(stage), token => TellAsync($"{(token.IsCancellationRequested ? "crash" : "stop")} {stage}"));
            }
        }

        private Task StartAsync(int stage) => stage == FailAt
            ? throw new InvalidOperationException($"stage {stage} was told to fail")
            : TellAsync($"start {stage}");

        private Task TellAsync(string what)
        {
            lock (_gate)
            {
                _told.Add(what);
            }

            return Task.CompletedTask;
        }
    }
}
