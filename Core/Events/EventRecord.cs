using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>One record of a topic's log: an event with its origin, or a gap.</summary>
/// <remarks>
/// The identity of an event is (origin node, incarnation, topic, sequence); the offset is only its place in this node's log.
/// <see cref="Body"/> is valid as long as the batch that the record was read in.
/// </remarks>
public readonly record struct EventRecord
{
    private readonly long _more;

    /// <summary>What the record is.</summary>
    public required RecordKind Kind { get; init; }

    /// <summary>Its place in this node's log of the topic.</summary>
    public required LogOffset Offset { get; init; }

    /// <summary>The offset after it: one more than <see cref="Offset"/>, or further for a gap of offsets that this log no longer holds.</summary>
    public LogOffset Next
    {
        get => Offset.Plus(1 + _more);
        init => _more = value.Value - Offset.Value - 1;
    }

    /// <summary>The node that the event was published at, or whose events are missing; empty for a gap of this log's own making.</summary>
    public required NodeId Origin { get; init; }

    /// <summary>The event's incarnation and sequence at its origin; for a gap, the last position that is missing.</summary>
    public required Position Position { get; init; }

    /// <summary>When the origin appended the event, in UTC milliseconds since 1970 by the origin's clock.</summary>
    public required long TimeUnixMs { get; init; }

    /// <summary>The encoded event (<see cref="EventBody"/>), or the encoded gap (<see cref="GapBody"/>): the bytes made once, at publish.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }
}
