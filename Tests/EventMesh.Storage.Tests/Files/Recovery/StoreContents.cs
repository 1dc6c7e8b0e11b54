using System.Text;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Tests.Files.Recovery;

/// <summary>What a store holds, in a form that can be compared: as it was written, or as it can be read after recovery.</summary>
internal sealed class StoreContents
{
    public SortedDictionary<string, TopicContents> Topics { get; } = new(StringComparer.Ordinal);

    public TopicContents Topic(TopicName topic)
    {
        if (!Topics.TryGetValue(topic.Value, out var contents))
        {
            contents = new TopicContents();
            Topics.Add(topic.Value, contents);
        }

        return contents;
    }

    public static string Describe(NodeId origin, Position position, string text) => $"{origin} {position} {text}";

    public static string Describe(Gap gap) => $"{gap.Origin} {gap.From}..{gap.To} [{gap.Reason}]";

    /// <summary>Everything that a reader would find.</summary>
    public static StoreContents Of(RecoveredStore store)
    {
        var contents = new StoreContents();
        foreach (var topic in store.Topics.After(default))
        {
            Read(contents.Topic(topic.Name), store, topic);
        }

        return contents;
    }

    /// <summary>All of it as text; two stores that hold the same say the same.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, topic) in Topics)
        {
            text.Append(name).Append(": ").Append(topic).Append('\n');
        }

        return text.ToString();
    }

    private static void Read(TopicContents contents, RecoveredStore store, TopicLog topic)
    {
        var end = topic.Start;
        foreach (var slice in topic.Slices)
        {
            var segment = store.Segments.Acquire(slice)!;
            var section = SectionReader.Read(segment, slice);
            foreach (var run in section.Runs)
            {
                contents.Lose(end, run.FirstOffset);
                Read(contents, store.Identity.Node, segment, run, topic.Start);
                end = Math.Max(end, run.EndOffset);
            }

            contents.Take(section.Head, store.Identity.Node);
            segment.Release();
        }

        contents.Lose(end, topic.Limit);
        (contents.Start, contents.Next, contents.Own, contents.IsDeleted) = (topic.Start, topic.Limit, topic.Own, topic.DeletedAtUnixMs > 0);
    }

    private static void Read(TopicContents contents, NodeId node, SegmentFile segment, RunDescriptor run, long start)
    {
        var bytes = new byte[run.Length];
        if (run.Kind == RunKind.Lost || segment.File.Read(run.Position, bytes) != bytes.Length || Crc32C.Compute(bytes) != run.Crc)
        {
            contents.Lose(Math.Max(start, run.FirstOffset), run.EndOffset);
            return;
        }

        if (run.Kind == RunKind.Gap)
        {
            contents.Records[run.FirstOffset] = Describe(GapBody.Decode(bytes));
            return;
        }

        var reader = new EventBatchReader(new EventBatch(run.Count, run.BaseTimeUnixMs, bytes));
        while (reader.MoveNext())
        {
            var position = new Position(run.First.Incarnation, run.First.Sequence + reader.Read - 1);
            contents.Records[run.FirstOffset + reader.Read - 1] =
                Describe(run.Origin.IsEmpty ? node : run.Origin, position, Encoding.UTF8.GetString(EventBody.Payload(reader.Body).Span));
        }
    }
}

/// <summary>What a topic holds.</summary>
internal sealed class TopicContents
{
    public long Start { get; set; }

    public long Next { get; set; }

    public Position Own { get; set; }

    public bool IsDeleted { get; set; }

    public string Head { get; private set; } = "";

    public SortedDictionary<long, string> Records { get; } = [];

    /// <summary>The group that each offset came in, where it was written.</summary>
    public SortedDictionary<long, long> Groups { get; } = [];

    /// <summary>The position of each origin, where it was written.</summary>
    public IReadOnlyList<KeyValuePair<NodeId, Position>> Positions { get; private set; } = [];

    /// <summary>Offsets at or above the start that nothing can be read at.</summary>
    public SortedSet<long> LostOffsets { get; } = [];

    public void Take(HeadTracker tracker)
    {
        (Start, Next, Own, IsDeleted) = (tracker.Start, tracker.Next, tracker.Own, tracker.DeletedAtUnixMs > 0);
        Head = Describe(tracker.Build());
        Positions = tracker.Positions();
    }

    public void Take(TopicHead head, NodeId node)
    {
        Head = Describe(head);
        Own = head.Positions.FirstOrDefault(position => position.Key == node).Value;
    }

    public void Lose(long from, long to)
    {
        for (var offset = from; offset < Math.Min(to, from + 10_000); offset++)
        {
            LostOffsets.Add(offset);
        }
    }

    public override string ToString() =>
        $"{Start}..{Next}, own {Own}{(IsDeleted ? ", deleted" : "")}; {Head}; "
        + string.Join("; ", Records.Where(record => record.Key >= Start).Select(record => $"{record.Key} {record.Value}"))
        + (LostOffsets.Count > 0 ? $"; lost {string.Join(' ', LostOffsets)}" : "");

    private static string Describe(TopicHead head) =>
        $"trimmed {head.TrimmedAtUnixMs} appended {head.LastAppendUnixMs} deleted {head.DeletedAtUnixMs} group {head.LastGroup} positions "
        + string.Join(' ', head.Positions.Select(position => $"{position.Key}={position.Value}"))
        + " producers "
        + string.Join(' ', head.Producers.Select(producer => $"{producer.Producer}@{producer.LastSeenUnixMs}:{string.Join(',', producer.Recent)}"));
}
