using System.Text;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>Short words for what the tests say all the time.</summary>
internal static class TestEvents
{
    public static TopicName Topic(string name) => TopicName.Parse(name);

    public static EventBatch Batch(params string[] payloads)
    {
        var builder = new EventBatchBuilder();
        foreach (var payload in payloads)
        {
            builder.Add(Encoding.UTF8.GetBytes(payload));
        }

        return builder.BuildCopy();
    }

    public static ValueTask<PublishReceipt> PublishAsync(this IMeshNode node, string topic, params string[] payloads) =>
        node.PublishAsync(Topic(topic), Batch(payloads), Durability.Disk, CancellationToken.None);

    public static ValueTask<IMeshSubscription> SubscribeAsync(this IMeshNode node, params string[] patterns) =>
        node.SubscribeAsync(Request(patterns), CancellationToken.None);

    public static SubscribeRequest Request(params string[] patterns) => new() { Patterns = [.. patterns.Select(TopicPattern.Parse)] };

    /// <summary>Reads until <paramref name="count"/> records have come, as <c>topic:payload</c>.</summary>
    public static async Task<List<string>> TakeAsync(this IMeshSubscription subscription, int count, int maxBytes = 64 * 1024)
    {
        var taken = new List<string>();
        using var patience = new CancellationTokenSource(TestNode.Patience);
        try
        {
            while (taken.Count < count)
            {
                var delivery = await subscription.ReadAsync(maxBytes, patience.Token);
                using var records = delivery.Records;
                taken.AddRange(records.Records.Select(record => $"{delivery.Topic}:{Text(record)}"));
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"Expected {count} records within {TestNode.Patience}; came {taken.Count}: {string.Join(", ", taken)}.");
        }

        return taken;
    }

    public static string Text(EventRecord record) => record.Kind == RecordKind.Gap
        ? $"gap {GapBody.Decode(record.Body.Span).Reason}"
        : Encoding.UTF8.GetString(EventBody.Payload(record.Body).Span);

    /// <summary>Every record of a topic that can be read, as payloads.</summary>
    public static async Task<List<string>> ReadAllAsync(this IMeshNode node, string topic)
    {
        var reader = node.GetReader(Topic(topic));
        var all = new List<string>();
        for (var next = LogOffset.Zero; next < reader.Bounds.End;)
        {
            using var batch = await reader.ReadAsync(next, 1024 * 1024, 1_000, CancellationToken.None);
            all.AddRange(batch.Records.Select(Text));
            next = batch.Next;
        }

        return all;
    }
}
