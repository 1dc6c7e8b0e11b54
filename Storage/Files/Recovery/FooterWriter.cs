using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Seals segments: writes the footer that says what they hold, so that nobody has to read them through.</summary>
internal static class FooterWriter
{
    private const int ChunkBytes = 1024 * 1024;

    /// <summary>Writes and flushes the footer of <paramref name="segment"/> behind its groups, and marks it as sealed.</summary>
    /// <remarks>The groups are flushed with it. The trailer is written only when all that it vouches for is flushed: a footer is there as a whole, or not at all.</remarks>
    /// <param name="node">Whose store it is.</param>
    /// <param name="segment">The segment; nobody writes to it any more, and its <see cref="SegmentFile.LastGroup"/> is set.</param>
    /// <param name="endOfGroups">Where its groups end.</param>
    /// <param name="topics">What it holds, in ordinal order of the topics; asked for one by one, and each is forgotten once it is encoded.</param>
    /// <param name="cut">Whether the file is cut to what it holds; else it keeps its length, or grows where that is too short.</param>
    /// <returns>What the footer's directory says, in the order of <paramref name="topics"/>.</returns>
    /// <exception cref="IOException">The disk failed; the segment is as it was, and may be sealed again.</exception>
    public static DirectoryEntry[] Seal(
        NodeId node, SegmentFile segment, long endOfGroups, IEnumerable<(TopicName Topic, SliceContent Content)> topics, bool cut)
    {
        var footer = GroupHeader.Align(checked((int)endOfGroups));
        if (cut)
        {
            // What lies behind may be a torn group: it must not come back when the footer is lost one day.
            segment.File.SetLength(footer);
        }

        var (entries, directory) = WriteSections(node, segment, footer, topics);
        var buffer = new FieldWriter();
        foreach (ref readonly var entry in entries.AsSpan())
        {
            DirectoryCodec.Write(buffer, entry);
        }

        segment.File.Write(directory, buffer.Written);
        segment.File.Flush();
        var trailer = new FooterTrailer(
            segment.Number,
            segment.Header.Generation,
            (uint)entries.Length,
            segment.Header.FirstGroup,
            segment.LastGroup,
            (uint)footer,
            (uint)directory,
            (uint)buffer.Length,
            Crc32C.Compute(buffer.Written));
        WriteTrailer(segment, trailer, directory + buffer.Length);
        segment.IsSealed = true;
        return entries;
    }

    private static (DirectoryEntry[] Entries, long End) WriteSections(
        NodeId node, SegmentFile segment, long position, IEnumerable<(TopicName Topic, SliceContent Content)> topics)
    {
        var entries = new List<DirectoryEntry>();
        var chunk = new FieldWriter();
        var scratch = new FieldWriter();
        foreach (var (topic, content) in topics)
        {
            var start = chunk.Length;
            SectionCodec.Write(chunk, scratch, content);
            var slice = new SegmentSlice(
                FirstOffset(content), segment.Number, Place(segment, position + start), chunk.Length - start, RecordBytes(content), segment.Header.Generation);
            entries.Add(Entry(node, topic, content.Head, slice));
            if (chunk.Length >= ChunkBytes)
            {
                position = Spill(segment, position, chunk);
            }
        }

        return ([.. entries], Spill(segment, position, chunk));
    }

    private static long Spill(SegmentFile segment, long position, FieldWriter chunk)
    {
        segment.File.Write(position, chunk.Written);
        position = Place(segment, position + chunk.Length);
        chunk.Clear();
        return position;
    }

    private static void WriteTrailer(SegmentFile segment, FooterTrailer trailer, long endOfDirectory)
    {
        Span<byte> bytes = stackalloc byte[FooterTrailer.Bytes];
        bytes.Clear();
        trailer.Write(bytes);
        segment.File.Write(Place(segment, Math.Max(endOfDirectory, segment.File.Length - FooterTrailer.Bytes)), bytes);
        segment.File.Flush();
    }

    private static long FirstOffset(SliceContent content) => content.Runs.Length > 0 ? content.Runs[0].FirstOffset : content.Head.Next;

    private static uint RecordBytes(SliceContent content)
    {
        var sum = 0L;
        foreach (ref readonly var run in content.Runs.AsSpan())
        {
            sum += run.Length;
        }

        return checked((uint)sum);
    }

    private static DirectoryEntry Entry(NodeId node, TopicName topic, TopicHead head, SegmentSlice slice)
    {
        var own = Position.None;
        foreach (var (origin, position) in head.Positions)
        {
            own = origin == node ? position : own;
        }

        return new DirectoryEntry(topic, slice, head.Start, head.Next, head.LastAppendUnixMs, head.DeletedAtUnixMs, own);
    }

    private static uint Place(SegmentFile segment, long position) => position <= uint.MaxValue
        ? (uint)position
        : throw new EventMeshException(MeshErrorCode.LogFull, $"The footer of '{segment.Name}' would reach beyond 4 GiB; make segments smaller (SegmentBytes).");
}
