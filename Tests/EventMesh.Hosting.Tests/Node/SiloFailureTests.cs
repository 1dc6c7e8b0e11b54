using EventMesh.Core.Errors;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Tests.Support;

namespace EventMesh.Hosting.Tests.Node;

public sealed class SiloFailureTests
{
    [Fact]
    public async Task KilledSilo_TakesNothingAcknowledgedAlong_AndTheOthersGoOn()
    {
        await using var node = await TestNode.StartAsync(silos: 3);
        await using var subscription = await node[0].SubscribeAsync("orders.>");
        var acknowledged = await PublishAsync(node, "before", topics: 20);

        await node.Cluster.KillSiloAsync(node.Cluster.Silos[2]);

        acknowledged.AddRange(await PublishAsync(node, "after", topics: 20));
        var taken = (await subscription.TakeAsync(acknowledged.Count)).ToHashSet();
        Assert.Empty(acknowledged.Except(taken));
    }

    [Fact]
    public async Task StoppedSilo_HandsItsTopicsOver_WithoutALoss()
    {
        await using var node = await TestNode.StartAsync(silos: 3);
        await using var subscription = await node[0].SubscribeAsync("orders.>");
        var acknowledged = await PublishAsync(node, "before", topics: 20);

        await node.Cluster.StopSiloAsync(node.Cluster.Silos[1]);

        acknowledged.AddRange(await PublishAsync(node, "after", topics: 20));
        var taken = (await subscription.TakeAsync(acknowledged.Count)).ToHashSet();
        Assert.Empty(acknowledged.Except(taken));
    }

    /// <summary>Wherever the interest grain lives, its silo is among those that stop: the others state their interest to the next activation.</summary>
    [Fact]
    public async Task InterestGrain_WhenItsSiloIsKilled_IsFilledAgain_AndSubscribeGoesOn()
    {
        await using var node = await TestNode.StartAsync(silos: 3);
        await using var early = await node[0].SubscribeAsync("early.>");

        for (var i = 0; i < 2; i++)
        {
            await node.Cluster.KillSiloAsync(node.Cluster.Silos[1]);
            await node.Cluster.StartAdditionalSiloAsync();
            await using var late = await node[2].SubscribeAsync($"late.{i}");

            await PublishSurelyAsync(node[1], $"late.{i}", "x");
            await PublishSurelyAsync(node[2], $"early.{i}", "y");

            Assert.Contains($"late.{i}:x", await late.TakeAsync(1));
            Assert.Contains($"early.{i}:y", await early.TakeAsync(1));
        }
    }

    [Fact]
    public async Task JoiningSilo_KnowsTheNodesInterest_BeforeItServesATopic()
    {
        await using var node = await TestNode.StartAsync(silos: 1);
        await using var subscription = await node[0].SubscribeAsync("orders.>");

        await node.Cluster.StartAdditionalSiloAsync();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => node[1].PublishAsync($"orders.n{i}", "x").AsTask()));

        Assert.Equal(30, (await subscription.TakeAsync(30)).Distinct().Count());
    }

    private static async Task<List<string>> PublishAsync(TestNode node, string payload, int topics)
    {
        var acknowledged = new List<string>();
        for (var i = 0; i < topics; i++)
        {
            for (var silo = 0; silo < node.Cluster.Silos.Count; silo++)
            {
                var text = $"{payload} {silo}";
                if (await TryPublishAsync(node[silo], $"orders.n{i}", text))
                {
                    acknowledged.Add($"orders.n{i}:{text}");
                }
            }
        }

        return acknowledged;
    }

    private static async Task PublishSurelyAsync(IMeshNode node, string topic, string payload)
    {
        while (!await TryPublishAsync(node, topic, payload))
        {
            // The topic's silo has just gone: whoever asks again gets the next one.
            await Task.Yield();
        }
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
