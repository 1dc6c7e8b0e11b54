using System.Text;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage;

namespace EventMesh.TestKit.Logs;

/// <summary>Short ways to make batches and to look into what was read.</summary>
public static class Batches
{
    /// <summary>A batch of events with these payloads.</summary>
    public static EventBatch Of(params string[] payloads)
    {
        ArgumentNullException.ThrowIfNull(payloads);
        var builder = new EventBatchBuilder();
        foreach (var payload in payloads)
        {
            builder.Add(Encoding.UTF8.GetBytes(payload));
        }

        return builder.Build();
    }

    /// <summary>A batch of one event with a payload of <paramref name="bytes"/> bytes.</summary>
    public static EventBatch OfSize(int bytes)
    {
        var builder = new EventBatchBuilder();
        builder.Add(new byte[bytes]);
        return builder.Build();
    }

    /// <summary>Another node's events that follow <paramref name="previous"/>, in <paramref name="incarnation"/>.</summary>
    public static ReplicaBatch From(NodeId origin, long incarnation, Position previous, params string[] payloads) =>
        new(origin, new Incarnation(incarnation), previous, previous.NextSequence, 1, Of(payloads));

    /// <summary>A position.</summary>
    public static Position At(long incarnation, long sequence) => new(new Incarnation(incarnation), sequence);

    /// <summary>The payload of an event; a gap as its reason in brackets.</summary>
    public static string TextOf(EventRecord record) =>
        record.Kind == RecordKind.Gap
            ? $"[{GapBody.Decode(record.Body.Span).Reason}]"
            : Encoding.UTF8.GetString(EventBody.Payload(record.Body).Span);

    /// <summary>Everything that can be read from <paramref name="from"/> on, in buffers of its own.</summary>
    public static async Task<IReadOnlyList<EventRecord>> ReadAllAsync(this ITopicReader reader, long from = 0)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var records = new List<EventRecord>();
        for (var next = new LogOffset(from); ;)
        {
            using var batch = await reader.ReadAsync(next, 64 * 1024, 100, CancellationToken.None);
            if (batch.Records.Count == 0)
            {
                return records;
            }

            records.AddRange(batch.Records.Select(static record => record with { Body = record.Body.ToArray() }));
            next = batch.Next;
        }
    }

    /// <summary>Everything that can be read, as text.</summary>
    public static async Task<string> ReadTextAsync(this ITopicReader reader, long from = 0) =>
        string.Join(' ', (await reader.ReadAllAsync(from)).Select(TextOf));
}
