using System.Buffers.Binary;
using System.Text;
using EventMesh.Core.Encoding;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Files.Format;

/// <summary>Gathers the fields of the store's formats in a buffer that grows. Not thread-safe.</summary>
internal sealed class FieldWriter
{
    private byte[] _buffer = new byte[1024];

    /// <summary>Bytes gathered since <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>What was gathered; valid until the next write.</summary>
    public Span<byte> Written => _buffer.AsSpan(0, Length);

    /// <summary>Forgets what was gathered, and keeps the room.</summary>
    public void Clear() => Length = 0;

    /// <summary>A number of 0 or more, as a varint.</summary>
    public void Number(long value) => Length += Varint.Write(Room(Varint.MaxBytes), (ulong)value);

    /// <summary>A zigzag varint.</summary>
    public void Signed(long value) => Length += Varint.Write(Room(Varint.MaxBytes), Varint.ZigZag(value));

    /// <summary>One byte.</summary>
    public void Byte(byte value)
    {
        Room(1)[0] = value;
        Length++;
    }

    /// <summary>Four bytes, little-endian.</summary>
    public void Fixed32(uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(Room(sizeof(uint)), value);
        Length += sizeof(uint);
    }

    /// <summary>At most 255 ASCII characters behind their count.</summary>
    public void Text(string text)
    {
        var room = Room(1 + text.Length);
        room[0] = checked((byte)text.Length);
        Length += 1 + Encoding.ASCII.GetBytes(text, room[1..]);
    }

    /// <summary>A position as two varints; 0 and 0 for none.</summary>
    public void Position(Position position)
    {
        Number(position.Incarnation.Value);
        Number(position.NextSequence);
    }

    /// <summary>A run as a footer has it.</summary>
    public void Run(in RunDescriptor run) => Length += RunTable.Write(Room(RunTable.MaxEntryBytes), run);

    /// <summary>Bytes as they are.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        Length += bytes.Length;
    }

    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - Length < bytes)
        {
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(2L * _buffer.Length, checked((long)Length + bytes))));
        }

        return _buffer.AsSpan(Length);
    }
}
