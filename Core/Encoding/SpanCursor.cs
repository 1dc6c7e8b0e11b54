using EventMesh.Core.Errors;

namespace EventMesh.Core.Encoding;

/// <summary>Reads a run of fields from the front of a span; every read checks the bounds, so bytes from outside can do no harm.</summary>
internal ref struct SpanCursor(ReadOnlySpan<byte> source, string what)
{
    private readonly ReadOnlySpan<byte> _source = source;

    public int Offset { get; private set; }

    public readonly int Remaining => _source.Length - Offset;

    public byte Byte(string field) => Bytes(1, field)[0];

    public long Signed(string field) => Varint.UnZigZag(Unsigned(field));

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

    public readonly EventMeshException Malformed(string field, string problem) =>
        new(MeshErrorCode.MalformedEvent, $"{what}: {field} at byte {Offset} {problem}.");
}
