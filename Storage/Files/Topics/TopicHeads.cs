using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Topics;

/// <summary>Finds heads of topics in the sections of their newest slices. Thread-safe.</summary>
internal sealed class TopicHeads(NodeId node, FileStorageOptions options, SegmentSet segments, SectionCache sections)
{
    /// <summary>The topic's slices as of now.</summary>
    public static SegmentSlice[] SlicesOf(TopicLog topic)
    {
        lock (topic.Gate)
        {
            return topic.Slices;
        }
    }

    /// <summary>The head as of the end of the newest of <paramref name="slices"/>; null when there is none.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: the section is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public TopicHead? Load(SegmentSlice[] slices)
    {
        if (slices.Length == 0)
        {
            return null;
        }

        var slice = slices[^1];
        var segment = segments.Acquire(slice.Segment) ?? throw new EventMeshException(
            MeshErrorCode.LogCorrupted, $"Segment {slice.Segment} holds a topic's newest head but is no longer part of the journal. Report this with the store's files.");
        try
        {
            return sections.Get(segment, slice).Head;
        }
        finally
        {
            segment.Release();
        }
    }

    /// <summary>A tracker that begins at <paramref name="head"/>, or at nothing.</summary>
    public HeadTracker Track(TopicHead? head)
    {
        var tracker = new HeadTracker(node, options);
        if (head is not null)
        {
            tracker.Take(head);
        }

        return tracker;
    }
}
