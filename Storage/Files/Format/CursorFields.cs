using System.Buffers.Binary;
using System.Text;
using EventMesh.Core.Encoding;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Files.Format;

/// <summary>Reads the fields that <see cref="FieldWriter"/> writes; every one is checked before it is believed.</summary>
internal static class CursorFields
{
    /// <summary>A varint of 0 to <paramref name="max"/>.</summary>
    public static long Number(this ref SpanCursor cursor, string field, long max)
    {
        var value = cursor.Unsigned(field);
        return value <= (ulong)max ? (long)value : throw cursor.Malformed(field, $"is {value}, above {max}");
    }

    /// <summary>A number of things that follow, each of at least <paramref name="leastBytes"/>: so what is allocated for them is bounded by what is there.</summary>
    public static int Count(this ref SpanCursor cursor, string field, int leastBytes)
    {
        var value = cursor.Unsigned(field);
        return value <= (ulong)(cursor.Remaining / leastBytes)
            ? (int)value
            : throw cursor.Malformed(field, $"is {value} where {cursor.Remaining} bytes are left");
    }

    /// <summary>Four bytes, little-endian.</summary>
    public static uint Fixed32(this ref SpanCursor cursor, string field) =>
        BinaryPrimitives.ReadUInt32LittleEndian(cursor.Bytes(sizeof(uint), field));

    /// <summary>ASCII characters behind their count.</summary>
    public static string Text(this ref SpanCursor cursor, string field) =>
        Encoding.ASCII.GetString(cursor.Bytes(cursor.Byte(field), field));

    /// <summary>A topic's name.</summary>
    public static TopicName Topic(this ref SpanCursor cursor) =>
        TopicName.TryParse(cursor.Text("topic"), out var topic) ? topic : throw cursor.Malformed("topic", "is no topic's name");

    /// <summary>A position as two varints.</summary>
    public static Position Position(this ref SpanCursor cursor, string field)
    {
        var incarnation = cursor.Number(field, long.MaxValue / 2);
        var next = cursor.Number(field, long.MaxValue / 2);
        return (incarnation, next) switch
        {
            (0, 0) => Core.Identity.Position.None,
            ( > 0, > 0) => new Position(new Incarnation(incarnation), next - 1),
            _ => throw cursor.Malformed(field, "is no position"),
        };
    }
}
