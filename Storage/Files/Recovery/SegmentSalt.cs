using System.Buffers.Binary;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Finds a salt that fits a group's header, for a segment whose own header is damaged.</summary>
/// <remarks>
/// The salt only goes into checksums of 32 bits, so of all salts that lead to the same one, any does. A header alone always fits the salt that is found by it: whether it
/// is one must be seen from what it says.
/// </remarks>
internal static class SegmentSalt
{
    private const uint Polynomial = 0x82F63B78;
    private const int TailBytes = 4;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(static value => Row((uint)value))];

    // The rows by their highest byte, which is different in each: what a step of the checksum has used can be told from its result.
    private static readonly byte[] RowOf = Invert();

    /// <summary>A salt by which <paramref name="header"/> checks out.</summary>
    public static ulong Find(ReadOnlySpan<byte> header)
    {
        // Back over the header, to what the salt alone comes to.
        var crc = ~BinaryPrimitives.ReadUInt32LittleEndian(header[4..]);
        for (var i = GroupHeader.Bytes - 1; i >= 8; i--)
        {
            var row = RowOf[crc >> 24];
            crc = ((crc ^ Table[row]) << 8) | (byte)(row ^ header[i]);
        }

        // Any four bytes can be led to any checksum by the four that follow.
        Span<byte> rows = stackalloc byte[TailBytes];
        var back = crc;
        for (var i = TailBytes - 1; i >= 0; i--)
        {
            rows[i] = RowOf[back >> 24];
            back = (back ^ Table[rows[i]]) << 8;
        }

        Span<byte> salt = stackalloc byte[sizeof(ulong)];
        salt.Clear();
        var forward = ~Crc32C.Compute(salt[..TailBytes]);
        for (var i = 0; i < TailBytes; i++)
        {
            salt[TailBytes + i] = (byte)(rows[i] ^ forward);
            forward = (forward >> 8) ^ Table[rows[i]];
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(salt);
    }

    private static uint Row(uint value)
    {
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value >> 1) ^ ((value & 1) * Polynomial);
        }

        return value;
    }

    private static byte[] Invert()
    {
        var rows = new byte[256];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[Table[i] >> 24] = (byte)i;
        }

        return rows;
    }
}
