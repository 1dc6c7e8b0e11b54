using System.Diagnostics;
using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Client;
using EventMesh.Client.Events;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;

namespace EventMesh.Benchmarks.Mesh;

/// <summary>Ways to publish for some time. Each returns once every event has its receipt.</summary>
internal static class Publishing
{
    private const int TouchAtOnce = 1_000;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    /// <summary>The topics <c>name.t0</c>, <c>name.t1</c> ...</summary>
    public static TopicName[] Topics(string name, int count) => [.. Enumerable.Range(0, count).Select(i => TopicName.Parse($"{name}.t{i}"))];

    /// <summary>Publishes one event to each topic, so that what is measured afterwards is not their beginning.</summary>
    public static async Task TouchAsync(IMeshClient client, TopicName[] topics, CancellationToken cancellationToken)
    {
        foreach (var some in topics.Chunk(TouchAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.WhenAll(some.Select(topic => client.PublishAsync(topic, Payloads.Standard, cancellationToken: CancellationToken.None).AsTask()));
        }
    }

    /// <summary>Publishes one event after the other, with at most <paramref name="window"/> without a receipt.</summary>
    /// <returns>How many.</returns>
    public static async Task<long> PumpAsync(
        IMeshClient client, Func<long, TopicName> topicOf, int window, TimeSpan duration, Latencies? latencies, CancellationToken cancellationToken)
    {
        var receipts = new Task<Receipt>?[window];
        var published = 0L;
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < duration; published++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sent = Stopwatch.GetTimestamp();
            if (receipts[published % window] is { } oldest)
            {
                await oldest;
            }

            var receipt = client.PublishAsync(topicOf(published), Payloads.Standard, cancellationToken: CancellationToken.None).AsTask();
            receipts[published % window] = receipt;
            if (latencies is not null)
            {
                await receipt;
                latencies.Record(Stopwatch.GetElapsedTime(sent));
            }
        }

        await Task.WhenAll(receipts.OfType<Task>());
        return published;
    }

    /// <inheritdoc cref="PumpAsync(IMeshClient, Func{long, TopicName}, int, TimeSpan, Latencies?, CancellationToken)"/>
    public static Task<long> PumpAsync(
        IMeshClient client, TopicName[] topics, int window, TimeSpan duration, Latencies? latencies, CancellationToken cancellationToken) =>
        PumpAsync(client, published => topics[published % topics.Length], window, duration, latencies, cancellationToken);

    /// <summary>Publishes stamped events to one topic at about <paramref name="perSecond"/>.</summary>
    public static async Task<long> PaceAsync(IMeshClient client, TopicName topic, int perSecond, TimeSpan duration, CancellationToken cancellationToken)
    {
        var receipts = new List<Task<Receipt>>();
        using var ticks = new PeriodicTimer(Tick);
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) is var elapsed && elapsed < duration; await ticks.WaitForNextTickAsync(cancellationToken))
        {
            while (receipts.Count < elapsed.TotalSeconds * perSecond)
            {
                receipts.Add(client.PublishAsync(topic, Payloads.Stamped(), cancellationToken: CancellationToken.None).AsTask());
            }
        }

        await Task.WhenAll(receipts);
        return receipts.Count;
    }

    /// <summary>Publishes batches from inside the silo, with <paramref name="underWay"/> of them under way.</summary>
    public static async Task<long> PumpBatchesAsync(
        IMeshNode node, TopicName topic, EventBatch batch, int underWay, TimeSpan duration, CancellationToken cancellationToken)
    {
        var receipts = new Task[underWay];
        Array.Fill(receipts, Task.CompletedTask);
        var batches = 0L;
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < duration; batches++)
        {
            await receipts[batches % underWay];
            receipts[batches % underWay] = node.PublishAsync(topic, batch, Durability.Disk, cancellationToken).AsTask();
        }

        await Task.WhenAll(receipts);
        return batches * batch.Count;
    }
}
