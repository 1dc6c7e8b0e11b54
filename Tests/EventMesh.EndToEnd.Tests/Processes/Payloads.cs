using System.Globalization;
using System.Text;
using EventMesh.Client;
using EventMesh.Client.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>Events whose payload is a text, so that a failed comparison can be read.</summary>
internal static class Payloads
{
    /// <summary>Texts <c>name-first</c> to <c>name-(first + count - 1)</c>.</summary>
    public static string[] Series(string name, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{name}-{number}"))];

    /// <summary>Publishes one event a text without waiting in between; ends when all are stored. The result is in the order of the texts.</summary>
    public static Task<Receipt[]> PublishAsync(IMeshClient client, string topic, IEnumerable<string> texts) =>
        Deadline.MeetAsync(
            $"receipts for events on {topic}",
            Task.WhenAll(texts.Select(text => client.PublishAsync(topic, Encoding.UTF8.GetBytes(text)).AsTask()).ToArray()));

    /// <summary>The texts of the events that <paramref name="origin"/> has published, in order.</summary>
    public static string[] TextsOf(this IEnumerable<MeshEvent> records, string origin) =>
        [.. records.Where(record => !record.IsGap && record.Origin.Value == origin).Select(Text)];

    /// <summary>Everything in a node's log of a topic.</summary>
    public static async Task<IReadOnlyList<MeshEvent>> ReadLogAsync(IMeshClient client, string topic)
    {
        var records = new List<MeshEvent>();
        var next = LogOffset.Zero;
        while (true)
        {
            var page = await client.ReadAsync(TopicName.Parse(topic), next, 1_000);
            records.AddRange(page.Events);
            next = page.Next;
            if (next >= page.End)
            {
                return records;
            }
        }
    }

    /// <summary>A record in words.</summary>
    public static string Describe(MeshEvent record) => record.IsGap
        ? $"{record.Topic}: {record.Gap}"
        : $"{record.Topic}: {record.Origin} {record.Position} '{Text(record)}'";

    /// <summary>The payload.</summary>
    public static string Text(MeshEvent record) => Encoding.UTF8.GetString(record.Payload.Span);
}
