using System.Buffers.Binary;

namespace EventMesh.Storage.Files.Format;

/// <summary>The front of the <c>checkpoint</c> file. Layout in <c>docs/formats/journal.md</c>.</summary>
/// <param name="Store">The store's id.</param>
/// <param name="LastSegment">Everything up to this segment is covered.</param>
/// <param name="Topics">Topics in the body.</param>
/// <param name="BodyBytes">Bytes of the body, which follows the header and ends the file.</param>
/// <param name="BodyCrc">The body's checksum.</param>
/// <param name="Segments">Segments in the body.</param>
/// <param name="LastGroup">The last group that is covered.</param>
internal readonly record struct CheckpointHeader(
    Guid Store, long LastSegment, uint Topics, uint BodyBytes, uint BodyCrc, uint Segments, long LastGroup)
{
    /// <summary>Bytes of the header.</summary>
    public const int Bytes = 64;

    /// <summary>The version that this release writes.</summary>
    public const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "EMCHECKP"u8;

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> destination)
    {
        destination[..Bytes].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], Version);
        Store.TryWriteBytes(destination[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(destination[32..], LastSegment);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[40..], Topics);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[44..], BodyBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[48..], BodyCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[52..], Segments);
        BinaryPrimitives.WriteInt64LittleEndian(destination[56..], LastGroup);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Crc32C.Compute(destination[12..Bytes]));
    }

    /// <summary>Reads a header; false when it is none, or damaged, or of a version that is not known.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out CheckpointHeader header)
    {
        header = default;
        if (source.Length != Bytes
            || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(source[8..]) != Crc32C.Compute(source[12..])
            || BinaryPrimitives.ReadUInt32LittleEndian(source[12..]) != Version)
        {
            return false;
        }

        header = new CheckpointHeader(
            new Guid(source.Slice(16, 16)),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[40..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[44..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[48..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[52..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[56..]));
        return true;
    }
}
