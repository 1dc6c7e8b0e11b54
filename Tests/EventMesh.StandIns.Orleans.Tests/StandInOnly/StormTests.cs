using EventMesh.StandIns.Orleans.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests.StandInOnly;

/// <summary>Stricter than the real runtime, which may run two activations for a moment: many callers, activations that come and go, silos that are killed and replaced.</summary>
public sealed class StormTests
{
    private const int Callers = 8;
    private const int CallsPerCaller = 400;
    private const int Grains = 12;

    [Fact]
    public async Task Calls_WhenActivationsComeAndGo_AllEndAndNeverOverlap()
    {
        StormLedger ledger = new();
        await using InProcessTestCluster cluster = await TestClusters.StartAsync(2, silo => silo.Services.AddSingleton(ledger));

        int[] failed = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => CallAsync(cluster, caller))).Within("all calls to end");

        Assert.Empty(ledger.Violations);
        Assert.Equal(0, failed.Sum());
    }

    [Fact]
    public async Task Calls_WhenSilosAreKilledAndReplaced_AllEndAndNeverOverlap()
    {
        StormLedger ledger = new();
        await using InProcessTestCluster cluster = await TestClusters.StartAsync(3, silo => silo.Services.AddSingleton(ledger));

        Task<int[]> storm = Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => CallAsync(cluster, caller)));
        for (int i = 0; i < 4; i++)
        {
            InProcessSiloHandle victim = cluster.Silos[^1];
            if (i % 2 == 0)
            {
                ledger.OnKilling(victim.SiloAddress.ToParsableString());
                await cluster.KillSiloAsync(victim).Within("a kill");
            }
            else
            {
                await cluster.StopSiloAsync(victim).Within("a graceful stop");
            }

            await cluster.StartAdditionalSiloAsync().Within("another silo");
        }

        int[] failed = await storm.Within("all calls to end");

        Assert.Empty(ledger.Violations);
        Assert.InRange(failed.Sum(), 0, Callers * CallsPerCaller / 2);
    }

    /// <summary>Returns how many calls failed because a silo went; any other error fails the test.</summary>
    private static async Task<int> CallAsync(InProcessTestCluster cluster, int caller)
    {
        Random random = new(caller);
        IGrainFactory factory = caller % 2 == 0 ? cluster.Client : cluster.Silos[0].GrainsOf();
        int failed = 0;
        for (int i = 0; i < CallsPerCaller; i++)
        {
            IStormGrain grain = factory.GetGrain<IStormGrain>($"storm-{random.Next(Grains)}");
            try
            {
                await (random.Next(4) switch
                {
                    0 => grain.TurnAsync(random.Next(3), endAfterwards: true),
                    1 => grain.InterleaveAsync(random.Next(3)),
                    2 => grain.ForwardAsync(factory.GetGrain<IStormGrain>($"storm-{random.Next(Grains)}"), random.Next(3)),
                    _ => grain.TurnAsync(random.Next(3), endAfterwards: false),
                });
            }
            catch (SiloUnavailableException)
            {
                // The outcome is unknown, which is all that a caller of a killed silo may learn.
                failed++;
            }
        }

        return failed;
    }
}
