using EventMesh.Core.Encoding;
using EventMesh.Core.Identity;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Files.Format;

/// <summary>The encoding of a <see cref="TopicHead"/>. Layout in <c>docs/formats/journal.md</c>.</summary>
internal static class TopicHeadCodec
{
    private const byte Version = 1;
    private const long Max = long.MaxValue / 2;

    /// <summary>Writes a head.</summary>
    public static void Write(FieldWriter writer, TopicHead head)
    {
        writer.Byte(Version);
        writer.Number(head.Start);
        writer.Number(head.Next);
        writer.Number(head.LastAppendUnixMs);
        writer.Number(head.TrimmedAtUnixMs);
        writer.Number(head.DeletedAtUnixMs);
        writer.Number(head.LastGroup);
        WritePositions(writer, head.Positions);
        writer.Number(head.Producers.Count);
        foreach (var producer in head.Producers)
        {
            WriteProducer(writer, producer);
        }
    }

    /// <summary>Reads a head.</summary>
    /// <exception cref="Core.Errors.EventMeshException">The cursor's code.</exception>
    public static TopicHead Read(ref SpanCursor cursor)
    {
        var numbers = ReadNumbers(ref cursor);
        return new TopicHead(
            numbers.Start,
            numbers.Next,
            numbers.LastAppendUnixMs,
            numbers.TrimmedAtUnixMs,
            numbers.DeletedAtUnixMs,
            numbers.LastGroup,
            ReadPositions(ref cursor),
            ReadProducers(ref cursor));
    }

    /// <summary>Reads a head up to its positions, which follow.</summary>
    /// <exception cref="Core.Errors.EventMeshException">The cursor's code.</exception>
    public static HeadNumbers ReadNumbers(ref SpanCursor cursor)
    {
        if (cursor.Byte("head version") is var version and not Version)
        {
            throw cursor.Malformed("head version", $"is {version}; this release knows {Version}");
        }

        var start = cursor.Number("start", Max);
        var next = cursor.Number("next", Max);
        return start <= next
            ? new HeadNumbers(
                start,
                next,
                cursor.Number("last append", Max),
                cursor.Number("trimmed at", Max),
                cursor.Number("deleted at", Max),
                cursor.Number("last group", Max))
            : throw cursor.Malformed("start", $"is {start}, beyond the next offset {next}");
    }

    /// <summary>Writes a position per origin.</summary>
    public static void WritePositions(FieldWriter writer, IReadOnlyList<KeyValuePair<NodeId, Position>> positions)
    {
        writer.Number(positions.Count);
        foreach (var (origin, position) in positions)
        {
            writer.Text(origin.Value);
            writer.Position(position);
        }
    }

    /// <summary>Reads a position per origin.</summary>
    public static KeyValuePair<NodeId, Position>[] ReadPositions(ref SpanCursor cursor)
    {
        var positions = new KeyValuePair<NodeId, Position>[cursor.Count("origins", leastBytes: 4)];
        for (var i = 0; i < positions.Length; i++)
        {
            var origin = NodeId.TryParse(cursor.Text("origin"), out var node) ? node : throw cursor.Malformed("origin", "is no node id");
            positions[i] = new(origin, cursor.Position("position"));
        }

        return positions;
    }

    private static void WriteProducer(FieldWriter writer, ProducerHead producer)
    {
        writer.Text(producer.Producer.Value);
        writer.Number(producer.LastSeenUnixMs);
        writer.Byte((byte)producer.Recent.Count);
        foreach (var batch in producer.Recent)
        {
            writer.Number(batch.FirstSequence);
            writer.Number(batch.Count);
            writer.Number(batch.FirstOffset);
            writer.Position(batch.First);
        }
    }

    private static ProducerHead[] ReadProducers(ref SpanCursor cursor)
    {
        var producers = new ProducerHead[cursor.Count("producers", leastBytes: 9)];
        for (var i = 0; i < producers.Length; i++)
        {
            var id = ProducerId.TryParse(cursor.Text("producer"), out var producer) ? producer : throw cursor.Malformed("producer", "is no producer id");
            producers[i] = new ProducerHead(id, cursor.Number("last seen", Max), ReadRecent(ref cursor));
        }

        return producers;
    }

    private static ProducerBatch[] ReadRecent(ref SpanCursor cursor)
    {
        var count = cursor.Byte("batches");
        if (count is < 1 or > ProducerTable.RecentBatches)
        {
            throw cursor.Malformed("batches", $"are {count}; a producer has 1 to {ProducerTable.RecentBatches}");
        }

        var recent = new ProducerBatch[count];
        for (var i = 0; i < recent.Length; i++)
        {
            recent[i] = new ProducerBatch(
                cursor.Number("first sequence", Max), (int)cursor.Number("count", int.MaxValue), cursor.Number("first offset", Max), cursor.Position("first"));
        }

        return recent;
    }
}

/// <summary>The numbers of a <see cref="TopicHead"/>.</summary>
internal readonly record struct HeadNumbers(
    long Start, long Next, long LastAppendUnixMs, long TrimmedAtUnixMs, long DeletedAtUnixMs, long LastGroup);
