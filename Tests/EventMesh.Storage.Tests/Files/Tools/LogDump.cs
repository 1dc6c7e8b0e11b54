using EventMesh.Storage.Files;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;

namespace EventMesh.Storage.Tests.Files.Tools;

/// <summary>Everything that a log says of a topic.</summary>
/// <param name="Start">The first offset.</param>
/// <param name="End">The next offset.</param>
/// <param name="Positions">The last position of each origin.</param>
/// <param name="Records">The records by their offsets, as text.</param>
internal sealed record TopicDump(long Start, long End, string Positions, IReadOnlyDictionary<long, string> Records)
{
    public override string ToString() => $"[{Start}, {End}) {Positions}: {string.Join("; ", Records.Values)}";
}

/// <summary>Everything that a log says of its topics, in a form that can be compared.</summary>
internal static class LogDump
{
    /// <summary>Opens the store in <paramref name="directory"/> as a node does, and says what it holds; nothing in it may be damaged.</summary>
    public static async Task<IReadOnlyDictionary<string, TopicDump>> OfAsync(FaultyDirectory directory)
    {
        var services = new FileLogServices
        {
            Time = new ManualTimeProvider(),
            Writing = new ManualFlushScheduler(),
            Background = new QueuedWorkScheduler(),
            Random = new Random(1),
        };
        await using var log = FileEventLog.Open(directory, new FileStorageOptions { SegmentBytes = 16 * 1024, SpareSegments = 1 }, ToolHarness.Own, default, services);
        Assert.Equal(0, log.Health.DamagedRanges);
        return await OfAsync(log);
    }

    /// <summary>What <paramref name="log"/> holds.</summary>
    public static async Task<IReadOnlyDictionary<string, TopicDump>> OfAsync(IEventLog log)
    {
        var topics = new SortedDictionary<string, TopicDump>(StringComparer.Ordinal);
        foreach (var topic in log.ListTopics(default, int.MaxValue))
        {
            var reader = log.GetReader(topic.Topic);
            var records = new SortedDictionary<long, string>();
            foreach (var record in await reader.ReadAllAsync(topic.Bounds.Start.Value))
            {
                records.Add(record.Offset.Value, $"{record.Offset} {record.Origin} {record.Position} {record.Kind} {Convert.ToHexString(record.Body.Span)}");
            }

            topics.Add(
                topic.Topic.Value, new TopicDump(topic.Bounds.Start.Value, topic.Bounds.End.Value, string.Join(' ', reader.FlushedPositions()), records));
        }

        return topics;
    }

    /// <summary>A dump as lines.</summary>
    public static IEnumerable<string> Lines(this IReadOnlyDictionary<string, TopicDump> dump) => dump.Select(static pair => $"{pair.Key} {pair.Value}");
}
