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

    /// <summary>The head as of the end of the topic's newest slice; null when it has none.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="slices">The slices that it was read from.</param>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: the section is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public TopicHead? Load(TopicLog topic, out SegmentSlice[] slices)
    {
        slices = SlicesOf(topic);
        while (slices.Length > 0)
        {
            var slice = slices[^1];
            if (segments.Acquire(slice) is { } segment)
            {
                return Read(segment, slice);
            }

            // The segment has been rewritten or its head carried on since the slices were taken: the topic has others by now.
            var others = SlicesOf(topic);
            slices = others != slices ? others : throw new EventMeshException(
                MeshErrorCode.LogCorrupted,
                $"Segment {slice.Segment} holds the newest head of topic '{topic.Name}' but is no longer part of the journal. Report this with the store's files.");
        }

        return null;
    }

    /// <summary>The head as of the end of <paramref name="slice"/>; null when its segment is gone.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: the section is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public TopicHead? Load(in SegmentSlice slice) => segments.Acquire(slice) is { } segment ? Read(segment, slice) : null;

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

    /// <summary>A tracker for <paramref name="topic"/>, which is idle. Under its gate.</summary>
    /// <remarks>Where damage has left an older head than the topic had, what else is known of it keeps its numbers from being given twice.</remarks>
    public HeadTracker Track(TopicHead? head, TopicLog topic)
    {
        var tracker = Track(head);
        tracker.Reach(topic);
        return tracker;
    }

    private TopicHead Read(SegmentFile segment, SegmentSlice slice)
    {
        try
        {
            return sections.Get(segment, slice).Head;
        }
        finally
        {
            segment.Release();
        }
    }
}
