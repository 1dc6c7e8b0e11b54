using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Makes a damaged section of a footer again from the segment's groups, which say the same. Thread-safe.</summary>
/// <remarks>
/// It costs one reading of the segment. Where the section was the only copy of what dropped segments held, the positions of nodes and the producers without a record
/// since are forgotten; offsets and own sequences are not, since the footer's directory has them too.
/// </remarks>
/// <param name="node">Whose store it is.</param>
/// <param name="options">The store's options.</param>
/// <param name="topics">Its topics.</param>
/// <param name="heads">Finds the head before the section.</param>
/// <param name="damage">Hears of the damage.</param>
internal sealed class SectionRebuilder(NodeId node, FileStorageOptions options, TopicTable topics, TopicHeads heads, IDamageSink damage)
{
    /// <summary>What the section said; null where no topic has the slice any more. The caller holds the segment.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: the section before it cannot be made again.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public SliceContent? Rebuild(SegmentFile segment, SegmentSlice slice)
    {
        var entry = FindEntry(segment, slice);
        if ((entry?.Topic ?? FindTopic(slice)) is not { } topic)
        {
            return null;
        }

        damage.OnDamaged(
            segment, slice.Position, slice.Length,
            $"the index of topic '{topic}': it is made again from the groups; positions and producers of before that are in no other segment are forgotten");
        var found = Scan(segment, topic);
        var content = SliceBuilder.Build(node, options, found, found.Head is null ? HeadBefore(topic, slice) : null);
        return entry is { } known ? content with { Head = AtLeast(content.Head, known) } : content;
    }

    /// <summary>What the groups of a segment hold of one topic. Groups that are damaged themselves leave a hole.</summary>
    public static OpenSlice Scan(SegmentFile segment, TopicName topic)
    {
        var slice = new OpenSlice(topic, segment);
        var end = FooterReader.ReadTrailer(segment.File, segment.Number, segment.Header.Generation)?.FooterPosition ?? long.MaxValue;
        var scanner = new SegmentScanner(segment.File, segment.Header, end);
        while (scanner.Next() is { } group)
        {
            foreach (var (name, run, isSound) in group.Runs)
            {
                if (name != topic)
                {
                    continue;
                }

                if (run.Kind != RunKind.Head)
                {
                    // Records that are damaged as well are found so, and reported, when they are read.
                    slice.Add(run, group.LastNumber);
                }
                else if (isSound && slice.Runs.Count == 0 && slice.Changes.Count == 0)
                {
                    slice.Head = GroupReader.ReadHead(segment, run);
                    slice.Reach(group.LastNumber);
                }
            }
        }

        return slice;
    }

    private static DirectoryEntry? FindEntry(SegmentFile segment, SegmentSlice slice)
    {
        if (FooterReader.ReadTrailer(segment.File, segment.Number, segment.Header.Generation) is not { } trailer
            || FooterReader.ReadDirectory(segment.File, trailer) is not { } entries)
        {
            return null;
        }

        var index = Array.FindIndex(entries, entry => entry.Slice == slice);
        return index < 0 ? null : entries[index];
    }

    /// <summary>Where the directory is damaged as well, the topic is the one that has the slice. Looks at all of them.</summary>
    private TopicName? FindTopic(SegmentSlice slice)
    {
        foreach (var topic in topics.All)
        {
            if (TopicHeads.SlicesOf(topic).Contains(slice))
            {
                return topic.Name;
            }
        }

        return null;
    }

    private TopicHead? HeadBefore(TopicName name, SegmentSlice slice)
    {
        if (topics.Find(name) is not { } topic)
        {
            return null;
        }

        var slices = TopicHeads.SlicesOf(topic);
        var index = Array.IndexOf(slices, slice);
        return index > 0 ? heads.Load(slices[index - 1]) : null;
    }

    /// <summary>The head with what the directory repeats of it: a number that was given once is not given again, whatever else is lost.</summary>
    private TopicHead AtLeast(TopicHead head, in DirectoryEntry entry)
    {
        var positions = head.Positions;
        if (!entry.Own.IsNone)
        {
            positions = [.. positions.Where(pair => pair.Key != node).Append(new(node, entry.Own)).OrderBy(static pair => pair.Key)];
        }

        return head with
        {
            Start = entry.Start,
            Next = entry.Next,
            LastAppendUnixMs = entry.LastAppendUnixMs,
            DeletedAtUnixMs = entry.DeletedAtUnixMs,
            Positions = positions,
        };
    }
}
