// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
using System.Buffers;
using System.Buffers.Binary;

namespace Grpc.Wire;

/// <summary>
/// What stands before each message:
/// <code>
/// offset 0, 1 byte   0 = plain, 1 = compressed; anything else is an error
/// offset 1, 4 bytes  length of the payload, big endian
/// </code>
/// </summary>
internal readonly record struct FrameHeader(bool IsCompressed, int PayloadLength)
{
    public const int Size = 5;

    public static void Write(Span<byte> destination, int payloadLength)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(destination[1..], payloadLength);
    }

    public static bool TryRead(in ReadOnlySequence<byte> buffer, out FrameHeader header)
    {
        if (buffer.FirstSpan.Length >= Size)
        {
            header = Read(buffer.FirstSpan);
            return true;
        }

        if (buffer.Length < Size)
        {
            header = default;
            return false;
        }

        Span<byte> copy = stackalloc byte[Size];
        buffer.Slice(0, Size).CopyTo(copy);
        header = Read(copy);
        return true;
    }

    private static FrameHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes[0] > 1)
        {
            throw new InvalidDataException("Unexpected compressed flag value in message header.");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]);
        return length > int.MaxValue
            ? throw new InvalidDataException($"A message of {length} bytes is too large.")
            : new FrameHeader(bytes[0] == 1, (int)length);
    }
}
