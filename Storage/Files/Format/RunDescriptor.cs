using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Files.Format;

/// <summary>What a run is.</summary>
internal enum RunKind : byte
{
    /// <summary>Events of one origin with consecutive offsets and sequences; the bytes are entries of an <see cref="EventBatch"/>, as they were published.</summary>
    Events = 1,

    /// <summary>One gap in an origin's events; the bytes are a <see cref="GapBody"/>.</summary>
    Gap = 2,

    /// <summary>Offsets whose records this log has lost to damage. No bytes.</summary>
    Lost = 3,

    /// <summary>The topic's whole head as of this place; the bytes are a <see cref="TopicHead"/>. No offset of its own.</summary>
    Head = 4,

    /// <summary>The topic's start moves to <see cref="RunDescriptor.FirstOffset"/>. No bytes, no offset of its own.</summary>
    Trim = 5,

    /// <summary>The topic is deleted: its start moves to <see cref="RunDescriptor.FirstOffset"/>, which is its end. No bytes, no offset of its own.</summary>
    Delete = 6,
}

/// <summary>A run of records of one topic: where it is in the segment, and what can be said of it without reading it.</summary>
internal readonly record struct RunDescriptor
{
    /// <summary>What it is.</summary>
    public required RunKind Kind { get; init; }

    /// <summary>The offset of its first record.</summary>
    public required long FirstOffset { get; init; }

    /// <summary>Offsets that it covers: its records, or for <see cref="RunKind.Lost"/> those that are lost; 0 for what has no offset of its own.</summary>
    public required int Count { get; init; }

    /// <summary>When this node appended it, by the log's time, in UTC milliseconds.</summary>
    public required long AppendTimeUnixMs { get; init; }

    /// <summary>The origin; empty for this node's own events, and where there is none.</summary>
    public NodeId Origin { get; init; }

    /// <summary>Links that the events crossed; 0 for own ones.</summary>
    public byte Hops { get; init; }

    /// <summary>The first event's position, the others follow; of a gap, and of lost records where it is known, the last position that is missing.</summary>
    public Position First { get; init; }

    /// <summary>What the entries' times are relative to. Own events were all published at <see cref="AppendTimeUnixMs"/>, whatever their entries say.</summary>
    public long BaseTimeUnixMs { get; init; }

    /// <summary>Who published own events, and its number of the first.</summary>
    public ProducerStamp Producer { get; init; }

    /// <summary>Where its bytes are in the segment's file.</summary>
    public long Position { get; init; }

    /// <summary>How many bytes.</summary>
    public int Length { get; init; }

    /// <summary>Their checksum.</summary>
    public uint Crc { get; init; }

    /// <summary>The offset after its last record.</summary>
    public long EndOffset => FirstOffset + Count;

    /// <summary>The position of the last event.</summary>
    public Position Last => Kind == RunKind.Events ? new Position(First.Incarnation, First.Sequence + Count - 1) : First;
}
