using EventMesh.Core.Identity;

namespace EventMesh.Storage.Files.Format;

/// <summary>A topic's part of a sealed segment, as it is kept in memory: what is needed to find the rest in the segment's footer.</summary>
/// <param name="FirstOffset">The first offset of its records there; the topic's next offset where there are none.</param>
/// <param name="Segment">The segment's number.</param>
/// <param name="Position">Where its section of the footer is in the file.</param>
/// <param name="Length">Bytes of the section.</param>
/// <param name="RecordBytes">Bytes of its records there.</param>
/// <param name="Generation">The segment's generation: the place counts in that one's file only.</param>
internal readonly record struct SegmentSlice(long FirstOffset, long Segment, uint Position, int Length, uint RecordBytes, uint Generation);

/// <summary>A section of a footer: a topic's runs in the segment, and its head as of the segment's end.</summary>
/// <param name="Head">The head.</param>
/// <param name="Runs">The runs that cover offsets, in order of their offsets.</param>
/// <param name="Before">
/// For each origin that <paramref name="Runs"/> has records of, this node by its name, its position before the first of them: what the segments
/// before would say, which may be gone.
/// </param>
internal sealed record SliceContent(TopicHead Head, RunDescriptor[] Runs, IReadOnlyList<KeyValuePair<NodeId, Position>> Before);

/// <summary>What a footer's directory says of a topic, so that a store opens without reading sections.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Slice">Where its section is.</param>
/// <param name="Start">The first offset that is held, as of the segment's end.</param>
/// <param name="Next">The offset that the next record gets, as of the segment's end.</param>
/// <param name="LastAppendUnixMs">The time of its last append.</param>
/// <param name="DeletedAtUnixMs">When it was deleted; 0 while it is not.</param>
/// <param name="Own">Its last position of this node's events.</param>
internal readonly record struct DirectoryEntry(
    Core.Topics.TopicName Topic, SegmentSlice Slice, long Start, long Next, long LastAppendUnixMs, long DeletedAtUnixMs, Position Own);
