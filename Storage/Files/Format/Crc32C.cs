using System.Buffers.Binary;
using System.Numerics;

namespace EventMesh.Storage.Files.Format;

/// <summary>CRC-32C (Castagnoli polynomial, as in RFC 3720), by the processor's instruction where it has one.</summary>
internal static class Crc32C
{
    /// <summary>The checksum of <paramref name="bytes"/>; <paramref name="previous"/> is that of what precedes them, 0 for nothing.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint previous = 0)
    {
        var crc = ~previous;
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
}
