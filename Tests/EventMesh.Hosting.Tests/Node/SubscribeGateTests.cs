using EventMesh.Hosting.Node;
using EventMesh.Hosting.Tests.Support;

namespace EventMesh.Hosting.Tests.Node;

/// <summary>
/// Seeded interleavings of subscribe, first publish to new topics, flush and activation over several silos. There is no sweep to help: an event
/// that was published after Subscribe had returned and whose wake-up was missed would only come with the next one, and the test would wait in vain.
/// </summary>
public sealed class SubscribeGateTests
{
    private const int Rounds = 60;
    private const int SubscribersPerRound = 4;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Publish_AfterSubscribeHasReturned_IsNeverMissed(int seed)
    {
        await using var node = await TestNode.StartAsync(silos: 3, flush: new SeededFlush(seed));
        var random = new Random(seed);

        for (var round = 0; round < Rounds; round++)
        {
            var seeds = Enumerable.Range(0, SubscribersPerRound).Select(_ => random.Next()).ToArray();
            var noise = NoiseAsync(node, $"r{round}", random.Next());
            await Task.WhenAll(seeds.Select((own, index) => SubscribeAndPublishAsync(node, seed, $"r{round}.s{index}", new Random(own))));
            await noise;
        }
    }

    /// <summary>The first publishes to topics that are just being activated, from all silos, while others subscribe.</summary>
    private static async Task NoiseAsync(TestNode node, string prefix, int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 12; i++)
        {
            await node[random.Next(3)].PublishAsync($"{prefix}.s{random.Next(SubscribersPerRound)}.t{random.Next(4)}", "noise");
        }
    }

    private static async Task SubscribeAndPublishAsync(TestNode node, int seed, string prefix, Random random)
    {
        for (var i = random.Next(8); i > 0; i--)
        {
            await Task.Yield();
        }

        string[] patterns = random.Next(3) switch
        {
            0 => [$"{prefix}.>"],
            1 => [$"{prefix}.*"],
            _ => [.. Enumerable.Range(0, 4).Select(i => $"{prefix}.t{i}")],
        };
        await using var subscription = await node[random.Next(3)].SubscribeAsync(patterns);

        var expected = new HashSet<string>();
        for (var i = 0; i < 4; i++)
        {
            var topic = $"{prefix}.t{random.Next(4)}";
            await node[random.Next(3)].PublishAsync(topic, $"mine {i}");
            expected.Add($"{topic}:mine {i}");
        }

        await TakeAllAsync(subscription, expected, $"seed {seed}, {prefix}, patterns {string.Join(' ', patterns)}");
    }

    private static async Task TakeAllAsync(IMeshSubscription subscription, HashSet<string> expected, string where)
    {
        using var patience = new CancellationTokenSource(TestNode.Patience);
        try
        {
            while (expected.Count > 0)
            {
                var delivery = await subscription.ReadAsync(64 * 1024, patience.Token);
                using var records = delivery.Records;
                expected.ExceptWith(records.Records.Select(record => $"{delivery.Topic}:{TestEvents.Text(record)}"));
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Missed ({where}): {string.Join(", ", expected)}.");
        }
    }
}
