using EventMesh.Core.Encoding;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Files.Format;

/// <summary>A segment that a checkpoint speaks for.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Generation">Its generation: what the checkpoint says of another one does not count.</param>
/// <param name="FirstGroup">The first group in it.</param>
/// <param name="LastGroup">The last.</param>
internal readonly record struct CoveredSegment(long Number, uint Generation, long FirstGroup, long LastGroup);

/// <summary>The encoding of a checkpoint's body. Layout in <c>docs/formats/journal.md</c>.</summary>
internal static class CheckpointCodec
{
    /// <summary>The most bytes of a segment, of what is said of a topic without its slices, and of a slice.</summary>
    public const int MaxElementBytes = 1 + TopicName.MaxBytes + 8 * Varint.MaxBytes;

    /// <summary>The least bytes of a segment.</summary>
    public const int MinSegmentBytes = 4;

    /// <summary>The least bytes of a topic.</summary>
    public const int MinTopicBytes = 9;

    /// <summary>The least bytes of a slice.</summary>
    public const int MinSliceBytes = 5;

    private const long Max = long.MaxValue / 2;

    /// <summary>Writes a segment.</summary>
    public static void Write(FieldWriter writer, CoveredSegment segment)
    {
        writer.Number(segment.Number);
        writer.Number(segment.Generation);
        writer.Number(segment.FirstGroup);
        writer.Number(segment.LastGroup);
    }

    /// <summary>Reads a segment.</summary>
    public static CoveredSegment ReadSegment(ref SpanCursor cursor) => new(
        cursor.Number("segment", Max), (uint)cursor.Number("generation", uint.MaxValue), cursor.Number("first group", Max), cursor.Number("last group", Max));

    /// <summary>Writes what is said of a topic, and how many slices follow.</summary>
    public static void Write(FieldWriter writer, in DirectoryEntry entry, int slices)
    {
        DirectoryCodec.WriteTopic(writer, entry);
        writer.Number(slices);
    }

    /// <summary>Reads what is said of a topic.</summary>
    /// <param name="cursor">Over at least as many bytes as it has.</param>
    /// <param name="bodyBytes">Bytes that are left of the whole body: bounds the number of slices.</param>
    /// <param name="slices">How many slices follow.</param>
    public static DirectoryEntry ReadTopic(ref SpanCursor cursor, long bodyBytes, out int slices)
    {
        var entry = DirectoryCodec.ReadTopic(ref cursor);
        slices = (int)cursor.Number("slices", Math.Min(bodyBytes / MinSliceBytes, int.MaxValue));
        return entry;
    }

    /// <summary>Writes a slice.</summary>
    public static void Write(FieldWriter writer, SegmentSlice slice)
    {
        writer.Number(slice.Segment);
        DirectoryCodec.WritePlace(writer, slice);
    }

    /// <summary>Reads a slice; the segment's generation is in the list of segments.</summary>
    public static SegmentSlice ReadSlice(ref SpanCursor cursor)
    {
        var segment = cursor.Number("segment", Max);
        return DirectoryCodec.ReadPlace(ref cursor, segment, generation: 0);
    }
}
