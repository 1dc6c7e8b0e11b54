using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Grpc;

/// <summary>Checks of single fields. Each throws <c>MalformedFrame</c> with the field's name and the rule.</summary>
internal static class WireFields
{
    // A peer's hint beyond this is taken as this: it must not be able to park a link for years.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    public static EventMeshException Malformed(string field, string problem) =>
        new(MeshErrorCode.MalformedFrame, $"{field} {problem}.");

    public static TopicName Topic(string text, string field) =>
        TopicName.TryParse(text, out var topic) ? topic : throw Malformed(field, $"'{Printable.Clip(text)}' is not a topic");

    public static NodeId Node(string text, string field) =>
        NodeId.TryParse(text, out var node) ? node : throw Malformed(field, $"'{Printable.Clip(text)}' is not a node id");

    public static long NotNegative(long value, string field) =>
        value >= 0 ? value : throw Malformed(field, $"is {value}, below 0");

    public static long Number(long value, string field) =>
        value > 0 ? value : throw Malformed(field, $"is {value}; it starts at 1");

    public static Incarnation Life(long value, string field) =>
        value > 0 ? new Incarnation(value) : throw Malformed(field, $"is {value}, which is no incarnation");

    public static Position PositionOrNone(Wire.Position? message, string field) =>
        message is null ? Position.None : PositionOf(message, field);

    public static Position PositionOf(Wire.Position? message, string field) => message switch
    {
        null => throw Malformed(field, "is missing"),
        { Incarnation: > 0, Sequence: >= 0 and < long.MaxValue } => new Position(new Incarnation(message.Incarnation), message.Sequence),
        _ => throw Malformed(field, $"is {message.Incarnation}/{message.Sequence}, which is no position"),
    };

    public static TimeSpan Wait(long milliseconds, string field) =>
        TimeSpan.FromMilliseconds(Math.Min(NotNegative(milliseconds, field), (long)LongestWait.TotalMilliseconds));
}
