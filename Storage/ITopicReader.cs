using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage;

/// <summary>Reads a topic's log below its read limit. Thread-safe; holds nothing open.</summary>
public interface ITopicReader
{
    /// <summary>The topic.</summary>
    TopicName Topic { get; }

    /// <summary>The range that can be read now. Both are zero for a topic that does not exist.</summary>
    TopicBounds Bounds { get; }

    /// <summary>The last flushed position of <paramref name="origin"/>; <see cref="Position.None"/> if there is none.</summary>
    Position FlushedPosition(NodeId origin);

    /// <summary>Every origin with a flushed position.</summary>
    IReadOnlyList<KeyValuePair<NodeId, Position>> FlushedPositions();

    /// <summary>
    /// The offset of the first record of <paramref name="origin"/> above <paramref name="position"/>, or the read limit if there is none.
    /// </summary>
    LogOffset OffsetAfter(NodeId origin, Position position);

    /// <summary>The position of the last record of <paramref name="origin"/> below <paramref name="offset"/>; <see cref="Position.None"/> if there is none.</summary>
    Position PositionBefore(NodeId origin, LogOffset offset);

    /// <summary>The first offset appended at or after <paramref name="timeUnixMs"/> (UTC, this node's clock), or the read limit.</summary>
    LogOffset OffsetAtTime(long timeUnixMs);

    /// <summary>Reads records from <paramref name="from"/> on: at least one if there is any, then as many as <paramref name="maxBytes"/> of bodies and
    /// <paramref name="maxRecords"/> allow. Never waits for new records.</summary>
    /// <remarks>
    /// Below the start of the log the batch begins with a gap record (reason <c>Trimmed</c>, no origin) and goes on at the start.
    /// At or beyond the read limit the batch is empty.
    /// </remarks>
    ValueTask<RecordBatch> ReadAsync(LogOffset from, int maxBytes, int maxRecords, CancellationToken cancellationToken);
}

/// <summary>The offsets that a topic can be read at.</summary>
/// <param name="Start">The first record that is still held.</param>
/// <param name="End">The offset after the last flushed record: the read limit.</param>
public readonly record struct TopicBounds(LogOffset Start, LogOffset End);

/// <summary>A topic in a listing.</summary>
/// <param name="Topic">Its name.</param>
/// <param name="Bounds">What can be read.</param>
/// <param name="Bytes">About how many bytes of records it holds: the bodies, and in some stores a few bytes for each.</param>
/// <param name="OwnPosition">Last flushed position of the events that were published at this node.</param>
public readonly record struct TopicSummary(TopicName Topic, TopicBounds Bounds, long Bytes, Position OwnPosition);
