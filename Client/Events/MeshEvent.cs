using System.Diagnostics.CodeAnalysis;
using EventMesh.Client.Serialization;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Events;

/// <summary>One record of a topic's log as a subscriber or reader gets it: an event, or a gap that says what is missing and why.</summary>
/// <remarks>Immutable; its payload stays valid for as long as it is referenced.</remarks>
public sealed class MeshEvent
{
    private readonly EventRecord _record;
    private readonly IEventSerializer _serializer;

    internal MeshEvent(TopicName topic, EventRecord record, IEventSerializer serializer)
    {
        Topic = topic;
        _record = record;
        _serializer = serializer;
        Gap = record.Kind == RecordKind.Gap ? GapBody.Decode(record.Body.Span) : null;
    }

    /// <summary>A gap that the client itself found.</summary>
    internal MeshEvent(TopicName topic, LogOffset offset, Gap gap, IEventSerializer serializer)
    {
        Topic = topic;
        _record = new EventRecord { Kind = RecordKind.Gap, Offset = offset, Origin = gap.Origin, Position = gap.To, TimeUnixMs = 0, Body = default };
        _serializer = serializer;
        Gap = gap;
    }

    /// <summary>The topic.</summary>
    public TopicName Topic { get; }

    /// <summary>Whether this stands for events that will never come; then there is a <see cref="Gap"/> and no payload.</summary>
    [MemberNotNullWhen(true, nameof(Gap))]
    public bool IsGap => Gap is not null;

    /// <summary>What is missing and why; null for an event.</summary>
    public Gap? Gap { get; }

    /// <summary>The record's place in the node's log of the topic.</summary>
    public LogOffset Offset => _record.Offset;

    /// <summary>The offset after it: one more, or further for a gap of offsets that the node no longer holds.</summary>
    public LogOffset Next => _record.Next;

    /// <summary>The node that the event was published at.</summary>
    public NodeId Origin => _record.Origin;

    /// <summary>The event's incarnation and sequence at its origin.</summary>
    public Position Position => _record.Position;

    /// <summary>When the origin stored the event, by the origin's clock.</summary>
    public DateTimeOffset Time => DateTimeOffset.FromUnixTimeMilliseconds(_record.TimeUnixMs);

    /// <summary>The payload; empty for a gap.</summary>
    public ReadOnlyMemory<byte> Payload => IsGap ? default : EventBody.Payload(_record.Body);

    /// <summary>The headers in the order in which they were given. Decoded on every use: keep the result.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers => IsGap ? [] : EventBody.Headers(_record.Body.Span);

    /// <summary>The first header of that name, compared as bytes; null if there is none.</summary>
    public string? Header(string name)
    {
        foreach (var (key, value) in Headers)
        {
            if (string.Equals(key, name, StringComparison.Ordinal))
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>Reads the payload as <typeparamref name="T"/>; false when it is another type, another encoding, or a gap. The bytes stay in <see cref="Payload"/>.</summary>
    public bool TryRead<T>([MaybeNullWhen(false)] out T value)
    {
        value = default;
        return !IsGap && _serializer.TryDeserialize(Payload, Header(EventHeaders.ContentType), Header(EventHeaders.TypeName), out value);
    }
}
