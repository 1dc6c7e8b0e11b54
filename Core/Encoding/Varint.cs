using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace EventMesh.Core.Encoding;

/// <summary>Base-128 varints, low group first, as in Protocol Buffers; signed values in zigzag form.</summary>
public static class Varint
{
    /// <summary>Most bytes of a 64-bit varint.</summary>
    public const int MaxBytes = 10;

    private const ulong HighBits = 0x8080_8080_8080_8080;

    /// <summary>Bytes that <paramref name="value"/> takes.</summary>
    public static int Size(ulong value) => (63 - BitOperations.LeadingZeroCount(value | 1)) / 7 + 1;

    /// <summary>Writes <paramref name="value"/> and returns how many bytes it took. The span must have room.</summary>
    public static int Write(Span<byte> destination, ulong value)
    {
        var i = 0;
        while (value >= 0x80)
        {
            destination[i++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[i++] = (byte)value;
        return i;
    }

    /// <summary>Reads a varint from the front; false when it is cut short, too long, or above 64 bits.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        if (source.Length > 0 && source[0] < 0x80)
        {
            (value, length) = (source[0], 1);
            return true;
        }

        if (source.Length >= sizeof(ulong))
        {
            // The first byte without its highest bit ends the varint; the groups before it are pushed together in pairs.
            var word = BinaryPrimitives.ReadUInt64LittleEndian(source);
            var ends = ~word & HighBits;
            if (ends != 0)
            {
                var bits = BitOperations.TrailingZeroCount(ends) + 1;
                word &= ulong.MaxValue >> (64 - bits) & ~HighBits;
                word = (word & 0x007F_007F_007F_007F) | ((word & 0x7F00_7F00_7F00_7F00) >> 1);
                word = (word & 0x0000_3FFF_0000_3FFF) | ((word & 0x3FFF_0000_3FFF_0000) >> 2);
                (value, length) = ((word & 0x0FFF_FFFF) | ((word & 0x0FFF_FFFF_0000_0000) >> 4), bits / 8);
                return true;
            }
        }

        return TryReadBytes(source, out value, out length);
    }

    /// <summary>Maps small negative numbers to small unsigned ones.</summary>
    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));

    /// <summary>Undoes <see cref="ZigZag"/>.</summary>
    [SuppressMessage("Naming", "CA1704", Justification = "The standard name of the mapping.")]
    public static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    private static bool TryReadBytes(ReadOnlySpan<byte> source, out ulong value, out int length)
    {
        value = 0;
        var end = Math.Min(source.Length, MaxBytes);
        for (length = 0; length < end; length++)
        {
            var part = source[length];
            if (length == MaxBytes - 1 && part > 1)
            {
                return false;
            }

            value |= (ulong)(part & 0x7F) << (7 * length);
            if (part < 0x80)
            {
                length++;
                return true;
            }
        }

        return false;
    }
}
