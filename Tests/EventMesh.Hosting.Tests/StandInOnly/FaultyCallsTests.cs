using System.Text;
using EventMesh.Client;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Tests.Support;
using EventMesh.StandIns;
using Orleans.Configuration;
using Orleans.Hosting;

namespace EventMesh.Hosting.Tests.StandInOnly;

/// <summary>The node over grain calls that arrive in any order, lose their answers, and meet new activations at any moment.</summary>
public sealed class FaultyCallsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Publish_OverReorderedCallsAndShortLivedActivations_KeepsTheOrder(int seed)
    {
        await using var node = await StartAsync(new FaultOptions { Seed = seed, ReorderCalls = true, DeactivateIdle = 0.2 }, seed);
        await using var subscription = await node[1].SubscribeAsync("orders.*");
        const int Topics = 4;
        const int Events = 200;

        await Task.WhenAll(Enumerable.Range(0, Topics).Select(topic => PublishInOrderAsync(node[topic % 3], $"orders.t{topic}", Events)));

        var taken = await subscription.TakeAsync(Topics * Events);
        for (var topic = 0; topic < Topics; topic++)
        {
            var prefix = $"orders.t{topic}:";
            Assert.Equal(
                Enumerable.Range(0, Events).Select(i => $"{prefix}{i}"),
                taken.Where(text => text.StartsWith(prefix, StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task Publish_WhenAnswersAreLost_SaysThatItDoesNotKnow_AndStoresNothingTwice()
    {
        await using var node = await StartAsync(new FaultOptions { Seed = 5, LoseResponses = 0.05, ReorderCalls = true }, seed: 5);
        var acknowledged = new HashSet<string>();
        var unknown = new HashSet<string>();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async topic =>
        {
            for (var i = 0; i < 10; i++)
            {
                var text = $"{topic}/{i}";
                var isKnown = await TryPublishAsync(node[topic % 3], $"orders.t{topic}", text);
                lock (acknowledged)
                {
                    (isKnown ? acknowledged : unknown).Add(text);
                }
            }
        }));

        var stored = new List<string>();
        for (var topic = 0; topic < 20; topic++)
        {
            stored.AddRange(await node[0].ReadAllAsync($"orders.t{topic}"));
        }

        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Empty(acknowledged.Except(stored));
        Assert.Empty(stored.Except(acknowledged).Except(unknown));
        Assert.NotEmpty(unknown);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public async Task Publish_OfProducersWhenAnswersAreLost_IsSentAgainByTheLane_AndStoredOnceInOrder(int seed)
    {
        await using var node = await StartAsync(
            new FaultOptions { Seed = seed, LoseResponses = 0.05, ReorderCalls = true, DeactivateIdle = 0.1 }, seed);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(producer => Task.WhenAll(Enumerable.Range(0, 20).Select(i => node[producer % 3].PublishAsync(
            TestEvents.Topic($"orders.t{producer % 2}"),
            TestEvents.Batch($"{producer}/{i}"),
            new ProducerStamp(ProducerId.Parse($"p{producer}"), i),
            Durability.Disk,
            CancellationToken.None).AsTask()))));

        for (var topic = 0; topic < 2; topic++)
        {
            var stored = await node[0].ReadAllAsync($"orders.t{topic}");
            Assert.Equal(100, stored.Count);
            Assert.All(
                stored.GroupBy(static text => text.Split('/')[0]),
                static own => Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{own.Key}/{i}"), own));
        }
    }

    [Fact]
    public async Task Publish_OfAnIdempotentClientWhenAnswersAreLost_StoresEverythingOnceInOrder()
    {
        await using var node = await StartAsync(
            new FaultOptions { Seed = 8, LoseResponses = 0.05, ReorderCalls = true, DeactivateIdle = 0.1 }, seed: 8);
        await using var client = MeshClient.ForCluster(node.Cluster.Client, new MeshClientOptions
        {
            Idempotent = true,
            MaxMessageEvents = 4,
            ReconnectDelay = TimeSpan.FromMilliseconds(1),
            RequestTimeout = TimeSpan.FromSeconds(1),
        });

        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => client.PublishAsync($"orders.t{i % 4}", Encoding.ASCII.GetBytes($"{i / 4}")).AsTask()));

        for (var topic = 0; topic < 4; topic++)
        {
            Assert.Equal(Enumerable.Range(0, 50).Select(i => $"{i}"), await node[0].ReadAllAsync($"orders.t{topic}"));
        }
    }

    [Fact]
    public async Task Subscribe_WhenAnswersAreLost_StillPassesTheGate()
    {
        await using var node = await StartAsync(new FaultOptions { Seed = 9, LoseResponses = 0.1, ReorderCalls = true }, seed: 9);

        for (var i = 0; i < 10; i++)
        {
            await using var subscription = await node[i % 3].SubscribeAsync($"orders.n{i}");
            while (!await TryPublishAsync(node[(i + 1) % 3], $"orders.n{i}", "x"))
            {
                // Its outcome is not known; once more does no harm here.
                await Task.Yield();
            }

            Assert.Contains($"orders.n{i}:x", await subscription.TakeAsync(1));
        }
    }

    private static Task<TestNode> StartAsync(FaultOptions faults, int seed) => TestNode.StartAsync(
        silos: 3,
        flush: new SeededFlush(seed),
        // Wake-ups are calls as well, and may be lost: here the sweep is part of the promise.
        configure: static options => options.SweepInterval = TimeSpan.FromMilliseconds(200),
        silo: silo =>
        {
            silo.Configure<SiloMessagingOptions>(static options => options.ResponseTimeout = TimeSpan.FromMilliseconds(500));
            silo.UseFaults(faults);
        });

    private static async Task PublishInOrderAsync(IMeshNode node, string topic, int count)
    {
        var receipts = Enumerable.Range(0, count).Select(i => node.PublishAsync(topic, $"{i}").AsTask()).ToList();
        await Task.WhenAll(receipts);
    }

    private static async Task<bool> TryPublishAsync(IMeshNode node, string topic, string payload)
    {
        try
        {
            await node.PublishAsync(topic, payload);
            return true;
        }
        catch (EventMeshException failure) when (failure.Code == MeshErrorCode.OutcomeUnknown)
        {
            return false;
        }
    }
}
