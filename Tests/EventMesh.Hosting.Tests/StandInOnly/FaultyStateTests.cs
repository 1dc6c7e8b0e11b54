using EventMesh.Core.Errors;
using EventMesh.Grains.State;
using EventMesh.Hosting.Tests.Support;
using EventMesh.StandIns;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace EventMesh.Hosting.Tests.StandInOnly;

/// <summary>Grain state over calls that arrive in any order, lose their answers, and meet new activations of the owner at any moment.</summary>
public sealed class FaultyStateTests
{
    private static readonly GrainId Counter = GrainId.Create("counter", "1");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Write_WhateverHappensToCalls_CountsEveryAcknowledgedOneOnce(int seed)
    {
        await using var node = await TestNode.StartAsync(
            silos: 3,
            flush: new SeededFlush(seed),
            // So small that the topic is compacted all the time.
            silo: silo =>
            {
                silo.Services.Configure<StateOptions>(static options => options.CompactMinBytes = 1024);
                silo.Configure<SiloMessagingOptions>(static options => options.ResponseTimeout = TimeSpan.FromMilliseconds(250));
                silo.UseFaults(new FaultOptions { Seed = seed, ReorderCalls = true, LoseResponses = 0.02, DeactivateIdle = 0.2 });
            });

        var tallies = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => IncrementAsync(node, writer % 3, 12)));

        var (acknowledged, unknown) = (tallies.Sum(static tally => tally.Acknowledged), tallies.Sum(static tally => tally.Unknown));
        var stored = await ReadAsync(Storage(node, 0));
        Assert.InRange(stored.State!.Value, acknowledged, acknowledged + unknown);
        var reader = node[0].GetReader(StateTopics.Of("grains.counter"));
        Assert.True(reader.Bounds.Start.Value > 0, "The topic was never compacted.");
    }

    private static async Task<(int Acknowledged, int Unknown)> IncrementAsync(TestNode node, int silo, int times)
    {
        var (acknowledged, unknown) = (0, 0);
        var storage = Storage(node, silo);
        var state = await ReadAsync(storage);
        while (acknowledged < times)
        {
            state.State!.Value++;
            try
            {
                await storage.WriteStateAsync("counter", Counter, state);
                acknowledged++;
            }
            catch (InconsistentStateException)
            {
                state = await ReadAsync(storage);
            }
            catch (TimeoutException)
            {
                unknown++;
                state = await ReadAsync(storage);
            }
        }

        return (acknowledged, unknown);
    }

    private static async Task<GrainState<Count>> ReadAsync(IGrainStorage storage)
    {
        while (true)
        {
            try
            {
                var state = new GrainState<Count>();
                await storage.ReadStateAsync("counter", Counter, state);
                return state;
            }
            catch (Exception failure) when (failure is TimeoutException || (failure is EventMeshException { IsTransient: true }))
            {
                // The answer was lost; reading changes nothing.
                await Task.Yield();
            }
        }
    }

    private static IGrainStorage Storage(TestNode node, int silo) =>
        node.Services(silo).GetRequiredKeyedService<IGrainStorage>(MeshGrainStorage.ProviderName);

    private sealed class Count
    {
        public int Value { get; set; }
    }
}
