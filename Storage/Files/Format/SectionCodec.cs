using System.Buffers.Binary;
using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;

namespace EventMesh.Storage.Files.Format;

/// <summary>The encoding of a footer's section: a topic's head and runs. Layout in <c>docs/formats/journal.md</c>.</summary>
internal static class SectionCodec
{
    /// <summary>Bytes before the head's length: checksum and length.</summary>
    public const int PrefixBytes = 8;

    /// <summary>Appends a section to <paramref name="writer"/>; <paramref name="scratch"/> is overwritten.</summary>
    public static void Write(FieldWriter writer, FieldWriter scratch, SliceContent content)
    {
        var start = writer.Length;
        writer.Fixed32(0);
        writer.Fixed32(0);
        scratch.Clear();
        TopicHeadCodec.Write(scratch, content.Head);
        writer.Number(scratch.Length);
        writer.Bytes(scratch.Written);
        TopicHeadCodec.WritePositions(writer, content.Before);
        writer.Number(content.Runs.Length);
        var end = 0L;
        foreach (ref readonly var run in content.Runs.AsSpan())
        {
            writer.Signed(run.Position - end);
            writer.Run(run);
            end = run.Position + run.Length;
        }

        var section = writer.Written[start..];
        BinaryPrimitives.WriteInt32LittleEndian(section[4..], section.Length - PrefixBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(section, Crc32C.Compute(section[4..]));
    }

    /// <summary>Reads a section.</summary>
    /// <param name="section">All its bytes.</param>
    /// <param name="limit">Where the footer begins: no record lies behind it.</param>
    /// <param name="what">What it is, for messages.</param>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>.</exception>
    public static SliceContent Read(ReadOnlySpan<byte> section, long limit, string what)
    {
        var cursor = new SpanCursor(section, what, MeshErrorCode.LogCorrupted);
        var crc = cursor.Fixed32("checksum");
        if (crc != Crc32C.Compute(section[4..]))
        {
            throw cursor.Malformed("checksum", "does not match");
        }

        if (cursor.Fixed32("length") != cursor.Remaining)
        {
            throw cursor.Malformed("length", "is not that of the section");
        }

        var headEnd = cursor.Length(int.MaxValue, "head length");
        headEnd += cursor.Offset;
        var head = TopicHeadCodec.Read(ref cursor);
        if (cursor.Offset != headEnd)
        {
            throw cursor.Malformed("head length", "is not that of the head");
        }

        var before = TopicHeadCodec.ReadPositions(ref cursor);
        var runs = ReadRuns(ref cursor, limit, head.Next);
        return cursor.Remaining == 0 ? new SliceContent(head, runs, before) : throw cursor.Malformed("section", "goes on behind its last run");
    }

    private static RunDescriptor[] ReadRuns(ref SpanCursor cursor, long limit, long next)
    {
        var runs = new RunDescriptor[cursor.Count("runs", leastBytes: 10)];
        var end = 0L;
        var offset = 0L;
        for (var i = 0; i < runs.Length; i++)
        {
            var position = end + cursor.Signed("position");
            runs[i] = RunTable.Read(ref cursor, position);
            end = position + runs[i].Length;
            if (position < 0 || end > limit || runs[i].FirstOffset < offset || runs[i].EndOffset > next)
            {
                throw cursor.Malformed("run", $"{i} lies outside the segment or its topic");
            }

            offset = runs[i].EndOffset;
        }

        return runs;
    }
}
