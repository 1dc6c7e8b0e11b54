using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Journal;

/// <summary>What a segment that has no footer yet holds. One thread adds; once nobody does, another may seal it.</summary>
internal sealed class SegmentContents(SegmentFile segment)
{
    private readonly Dictionary<TopicName, OpenSlice> _slices = [];

    public SegmentFile Segment { get; } = segment;

    /// <summary>Where the next group begins, a multiple of <see cref="GroupHeader.Alignment"/>.</summary>
    public long EndOfGroups { get; set; } = SegmentHeader.PageBytes;

    /// <summary>Topics that it holds something of.</summary>
    public IReadOnlyCollection<OpenSlice> Slices => _slices.Values;

    /// <summary>The topic's part, which comes to be if there is none.</summary>
    public OpenSlice SliceOf(TopicName topic)
    {
        if (!_slices.TryGetValue(topic, out var slice))
        {
            slice = new OpenSlice(topic, Segment);
            _slices.Add(topic, slice);
        }

        return slice;
    }

    /// <summary>Writes and flushes the segment's footer.</summary>
    /// <param name="node">Whose store it is.</param>
    /// <param name="options">The store's options.</param>
    /// <param name="headBefore">A topic's head before this segment; null when there is none. Asked only where no head was carried into the segment.</param>
    /// <param name="cut">Whether the file is cut to what it holds.</param>
    /// <returns>The footer's directory, in ordinal order of the topics.</returns>
    /// <exception cref="IOException">The disk failed; it may be tried again.</exception>
    public DirectoryEntry[] Seal(NodeId node, FileStorageOptions options, Func<TopicName, TopicHead?> headBefore, bool cut)
    {
        var topics = _slices.Values.OrderBy(static slice => slice.Topic).Select(slice =>
            (slice.Topic, SliceBuilder.Build(node, options, slice, slice.Head is null ? headBefore(slice.Topic) : null)));
        return FooterWriter.Seal(node, Segment, EndOfGroups, topics, cut);
    }
}
