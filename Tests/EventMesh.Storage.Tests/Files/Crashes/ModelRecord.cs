using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>A record as it was handed over, at the offset that it must have.</summary>
internal sealed class ModelRecord(RecordKind kind, NodeId origin, Position position, byte[] body, long? timeUnixMs)
{
    public RecordKind Kind { get; } = kind;

    public NodeId Origin { get; } = origin;

    public Position Position { get; } = position;

    public byte[] Body { get; } = body;

    /// <summary>Its time; null as long as only the store knows.</summary>
    public long? TimeUnixMs { get; private set; } = timeUnixMs;

    /// <summary>What is wrong with a record that was read in its place; null when nothing is. The time of the first reading is the truth from then on.</summary>
    public string? Differs(in EventRecord read)
    {
        TimeUnixMs ??= read.TimeUnixMs;
        return read.Kind != Kind ? $"is a {read.Kind} instead of a {Kind}"
            : read.Origin != Origin ? $"is of '{read.Origin}' instead of '{Origin}'"
            : read.Position != Position ? $"has position {read.Position} instead of {Position}"
            : read.TimeUnixMs != TimeUnixMs ? $"has time {read.TimeUnixMs} instead of {TimeUnixMs}"
            : !read.Body.Span.SequenceEqual(Body) ? "has another body"
            : null;
    }
}
