using EventMesh.Core.Encoding;

namespace EventMesh.Storage.Files.Format;

/// <summary>The encoding of a footer's directory, whose entries the checkpoint shares. Layout in <c>docs/formats/journal.md</c>.</summary>
internal static class DirectoryCodec
{
    /// <summary>The least bytes of an entry: bounds what a count can ask for.</summary>
    public const int MinEntryBytes = 12;

    private const long Max = long.MaxValue / 2;

    /// <summary>Writes an entry of a footer.</summary>
    public static void Write(FieldWriter writer, in DirectoryEntry entry)
    {
        WriteTopic(writer, entry);
        WritePlace(writer, entry.Slice);
    }

    /// <summary>Reads an entry of the footer of segment <paramref name="segment"/>.</summary>
    public static DirectoryEntry Read(ref SpanCursor cursor, long segment, uint generation)
    {
        var entry = ReadTopic(ref cursor);
        return entry with { Slice = ReadPlace(ref cursor, segment, generation) };
    }

    /// <summary>Writes what an entry says of the topic.</summary>
    public static void WriteTopic(FieldWriter writer, in DirectoryEntry entry)
    {
        writer.Text(entry.Topic.Value);
        writer.Number(entry.Start);
        writer.Number(entry.Next);
        writer.Number(entry.LastAppendUnixMs);
        writer.Number(entry.DeletedAtUnixMs);
        writer.Position(entry.Own);
    }

    /// <summary>Reads what an entry says of the topic.</summary>
    public static DirectoryEntry ReadTopic(ref SpanCursor cursor)
    {
        var topic = cursor.Topic();
        var start = cursor.Number("start", Max);
        var next = cursor.Number("next", Max);
        return start <= next
            ? new DirectoryEntry(
                topic, default, start, next, cursor.Number("last append", Max), cursor.Number("deleted at", Max), cursor.Position("own position"))
            : throw cursor.Malformed("start", $"is {start}, beyond the next offset {next}");
    }

    /// <summary>Writes where a section is.</summary>
    public static void WritePlace(FieldWriter writer, SegmentSlice slice)
    {
        writer.Number(slice.FirstOffset);
        writer.Number(slice.Position);
        writer.Number(slice.Length);
        writer.Number(slice.RecordBytes);
    }

    /// <summary>Reads where a section is.</summary>
    public static SegmentSlice ReadPlace(ref SpanCursor cursor, long segment, uint generation) => new(
        cursor.Number("first offset", Max),
        segment,
        (uint)cursor.Number("position", uint.MaxValue),
        (int)cursor.Number("length", int.MaxValue),
        (uint)cursor.Number("record bytes", uint.MaxValue),
        generation);
}
