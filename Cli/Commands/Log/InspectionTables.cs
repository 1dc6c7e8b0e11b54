using System.Globalization;
using EventMesh.Cli.Output;
using EventMesh.Storage.Files.Tools;
using Spectre.Console;

namespace EventMesh.Cli.Commands.Log;

/// <summary>An inspection as tables.</summary>
internal static class InspectionTables
{
    private const int MaxDamageLines = 20;

    public static void Write(IAnsiConsole people, StoreInspection store, bool segments, bool topics)
    {
        WriteStore(people, store);
        if (segments)
        {
            WriteSegments(people, store.Segments);
        }

        if (topics)
        {
            WriteTopics(people, store);
        }

        WriteDamage(people, store.Damage);
        FindingLines.Write(people, store.Findings);
    }

    private static void WriteStore(IAnsiConsole people, StoreInspection store)
    {
        var table = new Table().HideHeaders().AddColumns("", "");
        void Row(string name, string value) => table.AddRow(new Text(name), new Text(value));

        Row("store", store.Location);
        if (store.Store is { } known)
        {
            Row("node", known.Node.Value);
            Row("store id", known.StoreId.ToString());
            Row("incarnation", string.Create(CultureInfo.InvariantCulture, $"{known.Incarnation} ({Time(DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(known.Incarnation.Value, 0, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())))})"));
            Row("state", known.IsClosed ? "closed" : "open: a node has it open, or was ended without a word");
        }

        Row("segments", $"{store.Segments.Count:N0}, {Bytes.Of(store.Segments.Sum(static segment => segment.FileBytes))}");
        Row("records", $"{Bytes.Of(store.Segments.Sum(static segment => segment.LiveRecordBytes))} held of {Bytes.Of(store.Segments.Sum(static segment => segment.RecordBytes))} written");
        Row("last group", $"{store.LastGroup:N0}");
        Row("topics", $"{store.TopicCount:N0}");
        Row("damage", store.Damage.Count == 0 ? "none was found" : $"{store.Damage.Count:N0} ranges were found, see below");
        people.Write(table);
    }

    private static void WriteSegments(IAnsiConsole people, IReadOnlyList<SegmentDescription> segments)
    {
        var table = new Table().Title("segments").AddColumns("number", "gen.", "state", "begun", "groups", "topics", "used", "held", "written");
        foreach (var segment in segments)
        {
            table.AddRow(
                $"{segment.Number}",
                $"{segment.Generation}",
                segment.Condition.ToString(),
                Time(segment.CreatedAt),
                segment.LastGroup < segment.FirstGroup ? "none" : $"{segment.FirstGroup} to {segment.LastGroup}",
                $"{segment.Topics:N0}",
                Bytes.Of(segment.UsedBytes),
                Bytes.Of(segment.LiveRecordBytes),
                Bytes.Of(segment.RecordBytes));
        }

        people.Write(table);
    }

    private static void WriteTopics(IAnsiConsole people, StoreInspection store)
    {
        if (store.Topics.Count == 0)
        {
            people.WriteLine("No topic matches.");
            return;
        }

        var table = new Table().Title("topics").AddColumns("topic", "start", "next", "bytes", "segments", "last append", "producers", "origins");
        foreach (var topic in store.Topics)
        {
            table.AddRow(
                Markup.Escape(topic.Topic.Value),
                $"{topic.Start}",
                topic.DeletedAt is null ? $"{topic.Next}" : $"{topic.Next} (deleted)",
                Bytes.Of(topic.Bytes),
                $"{topic.Segments}",
                topic.LastAppendAt is { } at ? Time(at) : "never",
                $"{topic.Producers:N0}",
                Markup.Escape(string.Join(Environment.NewLine, topic.Positions.Select(static pair => $"{pair.Key} {pair.Value}"))));
        }

        people.Write(table);
    }

    private static void WriteDamage(IAnsiConsole people, IReadOnlyList<DamageNote> damage)
    {
        foreach (var note in damage.TakeLast(MaxDamageLines))
        {
            people.WriteLine($"{Time(note.Time)} {note.File} at byte {note.Position}, {note.Length} bytes: {note.What}");
        }

        if (damage.Count > MaxDamageLines)
        {
            people.WriteLine($"{damage.Count - MaxDamageLines} older ranges are in damage.log.");
        }
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
