using EventMesh.Core.Errors;

namespace EventMesh.Core.Encoding;

/// <summary>Reads a run of fields from the front of a span; every read checks the bounds, so bytes from outside can do no harm.</summary>
/// <param name="source">The bytes.</param>
/// <param name="what">What they are, for messages.</param>
/// <param name="code">The code of what is thrown.</param>
public ref struct SpanCursor(ReadOnlySpan<byte> source, string what, MeshErrorCode code = MeshErrorCode.MalformedEvent)
{
    private readonly ReadOnlySpan<byte> _source = source;

    /// <summary>Bytes read so far.</summary>
    public int Offset { get; private set; }

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => _source.Length - Offset;

    /// <summary>Reads one byte.</summary>
    public byte Byte(string field) => Bytes(1, field)[0];

    /// <summary>Reads a zigzag varint.</summary>
    public long Signed(string field) => Varint.UnZigZag(Unsigned(field));

    /// <summary>Reads a varint.</summary>
    public ulong Unsigned(string field)
    {
        if (!Varint.TryRead(_source[Offset..], out var value, out var length))
        {
            throw Malformed(field, "is not a whole varint");
        }

        Offset += length;
        return value;
    }

    /// <summary>Reads a length of 0 to <paramref name="max"/> that the rest of the span can hold.</summary>
    public int Length(int max, string field)
    {
        var value = Unsigned(field);
        return value <= (ulong)max && value <= (ulong)Remaining
            ? (int)value
            : throw Malformed(field, $"is {value}, above {Math.Min(max, Remaining)}");
    }

    /// <summary>Reads <paramref name="count"/> bytes, 0 or more.</summary>
    public ReadOnlySpan<byte> Bytes(int count, string field)
    {
        if (count > Remaining)
        {
            throw Malformed(field, $"needs {count} bytes where {Remaining} are left");
        }

        var bytes = _source.Slice(Offset, count);
        Offset += count;
        return bytes;
    }

    /// <summary>What to throw when <paramref name="field"/>, which has just been read, breaks a rule.</summary>
    public readonly EventMeshException Malformed(string field, string problem) =>
        new(code, $"{what}: {field} at byte {Offset} {problem}.");
}
