using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Keeps the bytes of all segments within a limit: trims what the oldest hold, whatever its topic. One thread at a time.</summary>
internal sealed class StoreSize(TopicTable topics, SegmentSet segments, SegmentDirectories directories, Journal.Journal journal)
{
    /// <summary>Trims until what is left is within <paramref name="maxBytes"/>; zero for no limit. The room follows when the segments go.</summary>
    /// <remarks>The node's own state is never taken, nor is anything in the segment that is written.</remarks>
    /// <exception cref="Core.Errors.EventMeshException">The journal takes nothing more, or a topic's head is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Trim(long maxBytes)
    {
        if (maxBytes == 0)
        {
            return;
        }

        var bytes = segments.Bytes;
        foreach (var segment in segments.All())
        {
            if (bytes <= maxBytes || !segment.IsSealed)
            {
                return;
            }

            // One that holds nothing any more is about to go, though it may have to wait for its heads.
            bytes -= segment.File.Length - (topics.Usages.Of(segment).LiveTopics == 0 ? 0 : TrimIn(segment));
        }
    }

    /// <summary>Trims what a segment holds; returns the bytes that stay.</summary>
    private long TrimIn(SegmentFile segment)
    {
        if (directories.Read(segment) is not { } entries)
        {
            return segment.File.Length;
        }

        var kept = 0L;
        foreach (var entry in entries)
        {
            if (topics.Find(entry.Topic) is { } topic)
            {
                kept += TrimIn(topic, entry.Slice);
            }
        }

        return kept;
    }

    private long TrimIn(TopicLog topic, SegmentSlice slice)
    {
        long end;
        lock (topic.Gate)
        {
            if (topic.IsDeadIn(slice.Segment))
            {
                return 0;
            }

            end = topic.EndIn(slice.Segment);
        }

        if (topic.Name.IsState)
        {
            return slice.RecordBytes + slice.Length;
        }

        journal.Retain(topic, end);
        return 0;
    }
}
