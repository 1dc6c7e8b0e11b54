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

    /// <summary>The least that an event takes in a batch: its time, its length, and a body of at least one byte.</summary>
    public const int MinEntryBytes = 3;

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
        topic = cursor.Topic();
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
    /// <param name="cursor">Over the entry.</param>
    /// <param name="position">Where the run's bytes are.</param>
    /// <param name="names">For readers of records: names origins without allocating, and the producer is left out.</param>
    /// <exception cref="EventMeshException">The cursor's code.</exception>
    public static RunDescriptor Read(ref SpanCursor cursor, long position, NodeNames? names = null)
    {
        var kind = (RunKind)cursor.Byte("kind");
        if (kind is < RunKind.Events or > RunKind.Delete)
        {
            throw cursor.Malformed("kind", $"is {(byte)kind}, which is none");
        }

        var run = new RunDescriptor
        {
            Kind = kind,
            FirstOffset = cursor.Number("first offset", long.MaxValue / 2),
            Count = (int)cursor.Number("count", int.MaxValue),
            AppendTimeUnixMs = cursor.Number("append time", long.MaxValue / 2),
            Position = position,
            Length = (int)cursor.Number("length", GroupHeader.MaxBodyBytes),
            Crc = cursor.Fixed32("checksum"),
        };
        if (!Fits(run))
        {
            throw cursor.Malformed("count", $"is {run.Count} and the length {run.Length}, which no run of kind {kind} has");
        }

        run = !HasOrigin(kind) ? run : names is null ? ReadOrigin(ref cursor, run) : ReadOrigin(ref cursor, run, names);
        return kind == RunKind.Events && run.First.IsNone ? throw cursor.Malformed("position", "is missing") : run;
    }

    /// <summary>Steps over what <see cref="Write"/> wrote and says where the run ends.</summary>
    /// <param name="cursor">Over the entry.</param>
    /// <param name="endOffset">The offset after its last record.</param>
    /// <returns>How many bytes its records take.</returns>
    /// <exception cref="EventMeshException">The cursor's code.</exception>
    public static int Skip(ref SpanCursor cursor, out long endOffset)
    {
        var kind = (RunKind)cursor.Byte("kind");
        endOffset = cursor.Number("first offset", long.MaxValue / 2) + cursor.Number("count", int.MaxValue);
        cursor.Unsigned("append time");
        var length = (int)cursor.Number("length", GroupHeader.MaxBodyBytes);
        cursor.Fixed32("checksum");
        if (HasOrigin(kind))
        {
            cursor.Bytes(cursor.Byte("origin") + 1, "origin");
            cursor.Unsigned("position");
            cursor.Unsigned("position");
            cursor.Unsigned("base time");
            SkipProducer(ref cursor);
        }

        return length;
    }

    private static bool Fits(in RunDescriptor run) => run.Kind switch
    {
        RunKind.Events => run.Count >= 1 && run.Count <= run.Length / MinEntryBytes,
        RunKind.Gap => run.Count == 1 && run.Length > 0,
        RunKind.Lost => run.Count >= 1 && run.Length == 0,
        RunKind.Head => run.Count == 0 && run.Length > 0,
        _ => run.Count == 0 && run.Length == 0,
    };

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
        var origin = cursor.Text("origin");
        var hops = cursor.Byte("hops");
        var first = cursor.Position("position");
        var time = run.AppendTimeUnixMs + cursor.Signed("base time");
        var producer = cursor.Text("producer");
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
                    cursor.Number("producer sequence", long.MaxValue / 2)),
        };
    }

    private static RunDescriptor ReadOrigin(ref SpanCursor cursor, in RunDescriptor run, NodeNames names)
    {
        var text = cursor.Bytes(cursor.Byte("origin"), "origin");
        var origin = default(NodeId);
        if (text.Length > 0 && !names.TryGet(text, out origin))
        {
            throw cursor.Malformed("origin", "is no node id");
        }

        var hops = cursor.Byte("hops");
        var first = cursor.Position("position");
        var time = run.AppendTimeUnixMs + cursor.Signed("base time");
        SkipProducer(ref cursor);
        return run with { Origin = origin, Hops = hops, First = first, BaseTimeUnixMs = time };
    }

    private static void SkipProducer(ref SpanCursor cursor)
    {
        if (cursor.Byte("producer") is var length and > 0)
        {
            cursor.Bytes(length, "producer");
            cursor.Unsigned("producer sequence");
        }
    }

    private static int WriteText(Span<byte> destination, string text)
    {
        destination[0] = (byte)text.Length;
        return 1 + Encoding.ASCII.GetBytes(text, destination[1..]);
    }
}
