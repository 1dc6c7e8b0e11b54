using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;

namespace EventMesh.Core.Events;

/// <summary>The encoding of a gap as the body of a record.</summary>
/// <remarks>
/// <code>
/// version           1 byte   1
/// reason            1 byte   <see cref="GapReason"/>
/// code              varint   <see cref="MeshErrorCode"/> of a refusal, else 0
/// from incarnation  varint   0 for the beginning
/// from sequence     varint   one more than the sequence; 0 for the beginning
/// to incarnation    varint
/// to sequence       varint   one more than the sequence
/// origin            the rest, ASCII; empty for a gap of the log's own offsets, which has no positions either
/// </code>
/// Keep in step with <c>docs/formats/event.md</c>.
/// </remarks>
public static class GapBody
{
    private const byte Version = 1;

    /// <summary>Encodes <paramref name="gap"/>.</summary>
    public static byte[] Encode(Gap gap)
    {
        ArgumentNullException.ThrowIfNull(gap);
        Span<byte> buffer = stackalloc byte[2 + 5 * Varint.MaxBytes + NodeId.MaxLength];
        buffer[0] = Version;
        buffer[1] = (byte)gap.Reason;
        var at = 2;
        at += Varint.Write(buffer[at..], (ulong)gap.Code);
        at += WritePosition(buffer[at..], gap.From);
        at += WritePosition(buffer[at..], gap.To);
        at += System.Text.Encoding.ASCII.GetBytes(gap.Origin.Value, buffer[at..]);
        return buffer[..at].ToArray();
    }

    /// <summary>Decodes a gap.</summary>
    /// <exception cref="EventMeshException"><see cref="MeshErrorCode.MalformedEvent"/>.</exception>
    public static Gap Decode(ReadOnlySpan<byte> body)
    {
        var cursor = new SpanCursor(body, "gap");
        if (cursor.Byte("version") is var version and not Version)
        {
            throw cursor.Malformed("version", $"is {version}; this release knows {Version}");
        }

        var reason = (GapReason)cursor.Byte("reason");
        if (!Enum.IsDefined(reason))
        {
            throw cursor.Malformed("reason", $"is {(byte)reason}, which is none");
        }

        var code = (MeshErrorCode)(int)Math.Min(cursor.Unsigned("code"), int.MaxValue);
        var from = ReadPosition(ref cursor, "from");
        var to = ReadPosition(ref cursor, "to");
        var text = System.Text.Encoding.ASCII.GetString(cursor.Bytes(cursor.Remaining, "origin"));
        return NodeId.TryParse(text, out var origin) || text.Length == 0
            ? new Gap(origin, from, to, reason, code)
            : throw cursor.Malformed("origin", $"'{Printable.Clip(text)}' is not a node id");
    }

    private static int WritePosition(Span<byte> destination, Position position)
    {
        var at = Varint.Write(destination, (ulong)position.Incarnation.Value);
        return at + Varint.Write(destination[at..], (ulong)position.NextSequence);
    }

    private static Position ReadPosition(ref SpanCursor cursor, string field)
    {
        var incarnation = cursor.Unsigned(field);
        var next = cursor.Unsigned(field);
        return (incarnation, next) switch
        {
            (0, 0) => Position.None,
            ( > 0 and <= long.MaxValue, > 0 and <= long.MaxValue) => new Position(new Incarnation((long)incarnation), (long)next - 1),
            _ => throw cursor.Malformed(field, "is not a position"),
        };
    }
}
