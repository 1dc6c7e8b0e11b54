using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace EventMesh.Storage.Files.Format;

/// <summary>The checksum CRC-32C (Castagnoli polynomial, as in RFC 3720), by the processor's instruction where it has one.</summary>
/// <remarks>
/// The instruction has a latency of three cycles and could begin each cycle, so long inputs are divided into three that are summed at the same time and then
/// put together: appending zeros to an input multiplies its checksum by a constant, which a table does byte by byte.
/// </remarks>
internal static class Crc32C
{
    private const int LongBytes = 4096;
    private const int ShortBytes = 256;

    private static readonly uint[] LongShift = ShiftTable(LongBytes);
    private static readonly uint[] ShortShift = ShiftTable(ShortBytes);

    /// <summary>The checksum of <paramref name="bytes"/>; <paramref name="previous"/> is that of what precedes them, 0 for nothing.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var crc = ~previous;
        while (bytes.Length >= 3 * LongBytes)
        {
            crc = ComputeThree(crc, bytes[..(3 * LongBytes)], LongShift);
            bytes = bytes[(3 * LongBytes)..];
        }

        while (bytes.Length >= 3 * ShortBytes)
        {
            crc = ComputeThree(crc, bytes[..(3 * ShortBytes)], ShortShift);
            bytes = bytes[(3 * ShortBytes)..];
        }

        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return ~crc;
    }

    /// <summary>Three thirds of <paramref name="bytes"/> at once; <paramref name="shift"/> is the table for the length of one.</summary>
    private static uint ComputeThree(uint crc, ReadOnlySpan<byte> bytes, uint[] shift)
    {
        var words = MemoryMarshal.Cast<byte, ulong>(bytes);
        var count = words.Length / 3;
        var first = words[..count];
        var second = words.Slice(count, count);
        var third = words[(2 * count)..];
        var (secondCrc, thirdCrc) = (0u, 0u);
        for (var i = 0; i < first.Length && i < second.Length && i < third.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, LittleEndian(first[i]));
            secondCrc = BitOperations.Crc32C(secondCrc, LittleEndian(second[i]));
            thirdCrc = BitOperations.Crc32C(thirdCrc, LittleEndian(third[i]));
        }

        return Shift(shift, Shift(shift, crc) ^ secondCrc) ^ thirdCrc;
    }

    private static ulong LittleEndian(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);

    private static uint Shift(uint[] table, uint crc) =>
        table[crc & 0xFF] ^ table[0x100 + ((crc >> 8) & 0xFF)] ^ table[0x200 + ((crc >> 16) & 0xFF)] ^ table[0x300 + (crc >> 24)];

    /// <summary>What each byte of a checksum becomes when <paramref name="zeros"/> zero bytes follow.</summary>
    private static uint[] ShiftTable(int zeros)
    {
        // Zero bytes are appended to each single bit; any other value is a sum of those.
        Span<uint> bits = stackalloc uint[32];
        for (var bit = 0; bit < 32; bit++)
        {
            var crc = 1u << bit;
            for (var i = 0; i < zeros; i += sizeof(ulong))
            {
                crc = BitOperations.Crc32C(crc, 0ul);
            }

            bits[bit] = crc;
        }

        var table = new uint[4 * 0x100];
        for (var i = 0; i < table.Length; i++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                table[i] ^= (i & (1 << bit)) != 0 ? bits[(i / 0x100 * 8) + bit] : 0;
            }
        }

        return table;
    }
}
