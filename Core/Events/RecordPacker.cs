using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>The encoding of records for clients: bodies are copied as they are, everything else is small differences.</summary>
/// <remarks>
/// Entry layout; every difference is to the entry before, beginning at zero:
/// <code>
/// kind          1 byte          <see cref="RecordKind"/>
/// origin        varint          0 for none, else index in <see cref="PackedRecords.Origins"/> plus one
/// offset        zigzag varint   difference
/// incarnation   zigzag varint   difference
/// sequence + 1  zigzag varint   difference; incarnation and this both 0 for no position
/// time          zigzag varint   difference, UTC milliseconds
/// more          varint          gaps only: offsets that it stands for beyond its own
/// length        varint          bytes of the body
/// body          bytes           see <see cref="EventBody"/> and <see cref="GapBody"/>
/// </code>
/// Keep in step with <c>docs/formats/event.md</c>.
/// </remarks>
public static class RecordPacker
{
    private const int MaxOverheadBytes = 1 + 7 * Varint.MaxBytes;

    /// <summary>Packs <paramref name="records"/> in their order.</summary>
    public static PackedRecords Pack(IReadOnlyList<EventRecord> records)
    {
        ArgumentNullException.ThrowIfNull(records);
        var origins = new List<string>();
        var buffer = new byte[records.Sum(static record => (long)record.Body.Length + MaxOverheadBytes)];
        var at = 0;
        var last = default(State);
        foreach (var record in records)
        {
            at += Write(buffer.AsSpan(at), record, IndexOf(origins, record.Origin), ref last);
        }

        return new PackedRecords(records.Count, origins, buffer.AsMemory(0, at));
    }

    /// <summary>Unpacks; the bodies are slices of <see cref="PackedRecords.Entries"/>.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.MalformedEvent"/>.</exception>
    public static EventRecord[] Unpack(PackedRecords packed)
    {
        var cursor = new SpanCursor(packed.Entries.Span, "records");
        if (packed.Count < 0 || packed.Count > packed.Entries.Length)
        {
            throw cursor.Malformed("count", $"is {packed.Count} for {packed.Entries.Length} bytes");
        }

        var origins = new NodeId[packed.Origins.Count];
        for (var i = 0; i < origins.Length; i++)
        {
            origins[i] = NodeId.Parse(packed.Origins[i]);
        }

        var records = new EventRecord[packed.Count];
        var last = default(State);
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = Read(ref cursor, packed.Entries, origins, ref last);
        }

        return cursor.Remaining == 0 ? records : throw cursor.Malformed("entries", $"are followed by {cursor.Remaining} bytes");
    }

    private static int IndexOf(List<string> origins, NodeId origin)
    {
        if (origin.IsEmpty)
        {
            return 0;
        }

        var index = origins.IndexOf(origin.Value);
        if (index < 0)
        {
            index = origins.Count;
            origins.Add(origin.Value);
        }

        return index + 1;
    }

    private static int Write(Span<byte> destination, in EventRecord record, int origin, ref State last)
    {
        var state = new State(record.Offset.Value, record.Position.Incarnation.Value, record.Position.NextSequence, record.TimeUnixMs);
        destination[0] = (byte)record.Kind;
        var at = 1;
        at += Varint.Write(destination[at..], (ulong)origin);
        at += Varint.Write(destination[at..], Varint.ZigZag(state.Offset - last.Offset));
        at += Varint.Write(destination[at..], Varint.ZigZag(state.Incarnation - last.Incarnation));
        at += Varint.Write(destination[at..], Varint.ZigZag(state.NextSequence - last.NextSequence));
        at += Varint.Write(destination[at..], Varint.ZigZag(state.Time - last.Time));
        if (record.Kind == RecordKind.Gap)
        {
            at += Varint.Write(destination[at..], (ulong)(record.Next.Value - record.Offset.Value - 1));
        }

        at += Varint.Write(destination[at..], (ulong)record.Body.Length);
        record.Body.Span.CopyTo(destination[at..]);
        last = state;
        return at + record.Body.Length;
    }

    private static EventRecord Read(ref SpanCursor cursor, ReadOnlyMemory<byte> entries, NodeId[] origins, ref State last)
    {
        var kind = (RecordKind)cursor.Byte("kind");
        if (kind is not (RecordKind.Event or RecordKind.Gap))
        {
            throw cursor.Malformed("kind", $"is {(byte)kind}, which is none");
        }

        var origin = cursor.Unsigned("origin");
        if (origin > (ulong)origins.Length)
        {
            throw cursor.Malformed("origin", $"is {origin} of {origins.Length}");
        }

        last = new State(
            last.Offset + cursor.Signed("offset"),
            last.Incarnation + cursor.Signed("incarnation"),
            last.NextSequence + cursor.Signed("sequence"),
            last.Time + cursor.Signed("time"));
        var more = kind == RecordKind.Gap ? cursor.Unsigned("more") : 0;
        if (more > long.MaxValue / 2 || last.Offset is < 0 or > long.MaxValue / 2)
        {
            throw cursor.Malformed("offset", $"is {last.Offset} and {more} more");
        }

        var length = cursor.Length(int.MaxValue, "body length");
        var start = cursor.Offset;
        cursor.Bytes(length, "body");
        return new EventRecord
        {
            Kind = kind,
            Offset = new LogOffset(last.Offset),
            Next = new LogOffset(last.Offset + 1 + (long)more),
            Origin = origin == 0 ? default : origins[origin - 1],
            Position = (last.Incarnation, last.NextSequence) switch
            {
                (0, 0) => Position.None,
                ( > 0, > 0) => new Position(new Incarnation(last.Incarnation), last.NextSequence - 1),
                _ => throw cursor.Malformed("position", "is none"),
            },
            TimeUnixMs = last.Time,
            Body = entries.Slice(start, length),
        };
    }

    private readonly record struct State(long Offset, long Incarnation, long NextSequence, long Time);
}
