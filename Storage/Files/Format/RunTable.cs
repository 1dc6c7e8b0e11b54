using System.Buffers.Binary;
using System.Text;
using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Files.Format;

/// <summary>The encoding of run descriptors, in a group's table (with the topic) and in a segment's footer (with the place). Layout in <c>docs/formats/journal.md</c>.</summary>
internal static class RunTable
{
    /// <summary>The most that an entry takes.</summary>
    public const int MaxEntryBytes = 1 + TopicName.MaxBytes + 1 + 9 * Varint.MaxBytes + 4 + 1 + NodeId.MaxLength + 1 + 1 + ProducerId.MaxLength;

    /// <summary>Writes an entry of a group's table. Its place is not in it: it follows from the lengths before.</summary>
    public static int WriteEntry(Span<byte> destination, TopicName topic, in RunDescriptor run)
    {
        var at = WriteText(destination, topic.Value);
        return at + Write(destination[at..], run);
    }

    /// <summary>Reads an entry of a group's table.</summary>
    /// <param name="cursor">Over the table.</param>
    /// <param name="position">Where the run's bytes are.</param>
    /// <param name="topic">The run's topic.</param>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>.</exception>
    public static RunDescriptor ReadEntry(ref SpanCursor cursor, long position, out TopicName topic)
    {
        var text = ReadText(ref cursor, "topic");
        topic = TopicName.TryParse(text, out var name) ? name : throw cursor.Malformed("topic", "is no topic's name");
        return Read(ref cursor, position);
    }

    /// <summary>Writes what an entry and a footer have in common.</summary>
    public static int Write(Span<byte> destination, in RunDescriptor run)
    {
        destination[0] = (byte)run.Kind;
        var at = 1;
        at += Varint.Write(destination[at..], (ulong)run.FirstOffset);
        at += Varint.Write(destination[at..], (ulong)run.Count);
        at += Varint.Write(destination[at..], (ulong)run.AppendTimeUnixMs);
        at += Varint.Write(destination[at..], (ulong)run.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[at..], run.Crc);
        at += sizeof(uint);
        return HasOrigin(run.Kind) ? at + WriteOrigin(destination[at..], run) : at;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static RunDescriptor Read(ref SpanCursor cursor, long position)
    {
        var kind = (RunKind)cursor.Byte("kind");
        if (kind is < RunKind.Events or > RunKind.Delete)
        {
            throw cursor.Malformed("kind", $"is {(byte)kind}, which is none");
        }

        var run = new RunDescriptor
        {
            Kind = kind,
            FirstOffset = Number(ref cursor, "first offset", long.MaxValue / 2),
            Count = (int)Number(ref cursor, "count", kind == RunKind.Lost ? int.MaxValue : EventLimits.MaxBatchEvents * 16),
            AppendTimeUnixMs = Number(ref cursor, "append time", long.MaxValue / 2),
            Position = position,
            Length = (int)Number(ref cursor, "length", GroupHeader.MaxBodyBytes),
            Crc = BinaryPrimitives.ReadUInt32LittleEndian(cursor.Bytes(sizeof(uint), "checksum")),
        };
        return HasOrigin(kind) ? ReadOrigin(ref cursor, run) : run;
    }

    private static bool HasOrigin(RunKind kind) => kind is RunKind.Events or RunKind.Gap or RunKind.Lost;

    private static int WriteOrigin(Span<byte> destination, in RunDescriptor run)
    {
        var at = WriteText(destination, run.Origin.Value);
        destination[at++] = run.Hops;
        at += Varint.Write(destination[at..], (ulong)run.First.Incarnation.Value);
        at += Varint.Write(destination[at..], (ulong)run.First.NextSequence);
        at += Varint.Write(destination[at..], Varint.ZigZag(run.BaseTimeUnixMs - run.AppendTimeUnixMs));
        at += WriteText(destination[at..], run.Producer.Producer.Value);
        return run.Producer.IsNone ? at : at + Varint.Write(destination[at..], (ulong)run.Producer.FirstSequence);
    }

    private static RunDescriptor ReadOrigin(ref SpanCursor cursor, RunDescriptor run)
    {
        var origin = ReadText(ref cursor, "origin");
        var hops = cursor.Byte("hops");
        var first = ReadPosition(ref cursor);
        var time = run.AppendTimeUnixMs + cursor.Signed("base time");
        var producer = ReadText(ref cursor, "producer");
        return run with
        {
            Origin = origin.Length == 0 ? default : NodeId.TryParse(origin, out var node) ? node : throw cursor.Malformed("origin", "is no node id"),
            Hops = hops,
            First = first,
            BaseTimeUnixMs = time,
            Producer = producer.Length == 0
                ? default
                : new ProducerStamp(
                    ProducerId.TryParse(producer, out var id) ? id : throw cursor.Malformed("producer", "is no producer id"),
                    Number(ref cursor, "producer sequence", long.MaxValue / 2)),
        };
    }

    private static Position ReadPosition(ref SpanCursor cursor)
    {
        var incarnation = Number(ref cursor, "incarnation", long.MaxValue);
        var next = Number(ref cursor, "sequence", long.MaxValue);
        return (incarnation, next) switch
        {
            (0, 0) => Position.None,
            ( > 0, > 0) => new Position(new Incarnation(incarnation), next - 1),
            _ => throw cursor.Malformed("position", "is none"),
        };
    }

    private static long Number(ref SpanCursor cursor, string field, long max)
    {
        var value = cursor.Unsigned(field);
        return value <= (ulong)max ? (long)value : throw cursor.Malformed(field, $"is {value}, above {max}");
    }

    private static int WriteText(Span<byte> destination, string text)
    {
        destination[0] = (byte)text.Length;
        return 1 + Encoding.ASCII.GetBytes(text, destination[1..]);
    }

    private static string ReadText(ref SpanCursor cursor, string field)
    {
        var length = cursor.Byte(field);
        return Encoding.ASCII.GetString(cursor.Bytes(length, field));
    }
}
