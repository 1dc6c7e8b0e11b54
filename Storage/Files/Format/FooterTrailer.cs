using System.Buffers.Binary;

namespace EventMesh.Storage.Files.Format;

/// <summary>The last bytes of a sealed segment. Layout in <c>docs/formats/journal.md</c>.</summary>
/// <param name="Segment">The segment's number.</param>
/// <param name="Generation">Its generation: a trailer of another life of the file does not count.</param>
/// <param name="Topics">Entries of the directory.</param>
/// <param name="FirstGroup">The first group in it.</param>
/// <param name="LastGroup">The last; below the first where there is none.</param>
/// <param name="FooterPosition">Where the groups end and the sections begin.</param>
/// <param name="DirectoryPosition">Where the directory begins.</param>
/// <param name="DirectoryBytes">How long it is.</param>
/// <param name="DirectoryCrc">Its checksum.</param>
internal readonly record struct FooterTrailer(
    long Segment, uint Generation, uint Topics, long FirstGroup, long LastGroup,
    uint FooterPosition, uint DirectoryPosition, uint DirectoryBytes, uint DirectoryCrc)
{
    /// <summary>Bytes of the trailer.</summary>
    public const int Bytes = 64;

    /// <summary>The version that this release writes.</summary>
    public const uint Version = 1;

    private static ReadOnlySpan<byte> Magic => "EMFOOTER"u8;

    /// <summary>Writes the trailer.</summary>
    public void Write(Span<byte> destination)
    {
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[12..], Version);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], Segment);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[28..], Topics);
        BinaryPrimitives.WriteInt64LittleEndian(destination[32..], FirstGroup);
        BinaryPrimitives.WriteInt64LittleEndian(destination[40..], LastGroup);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[48..], DirectoryPosition);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[52..], DirectoryBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[56..], DirectoryCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[60..], FooterPosition);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[8..], Crc32C.Compute(destination[12..Bytes]));
    }

    /// <summary>Whether a trailer may begin here.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> source) => source.StartsWith(Magic);

    /// <summary>Reads a trailer; false when it is none, or damaged, or of a version that is not known.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out FooterTrailer trailer)
    {
        trailer = default;
        if (source.Length != Bytes
            || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(source[8..]) != Crc32C.Compute(source[12..])
            || BinaryPrimitives.ReadUInt32LittleEndian(source[12..]) != Version)
        {
            return false;
        }

        trailer = new FooterTrailer(
            BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[24..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[28..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(source[40..]),
            FooterPosition: BinaryPrimitives.ReadUInt32LittleEndian(source[60..]),
            DirectoryPosition: BinaryPrimitives.ReadUInt32LittleEndian(source[48..]),
            DirectoryBytes: BinaryPrimitives.ReadUInt32LittleEndian(source[52..]),
            DirectoryCrc: BinaryPrimitives.ReadUInt32LittleEndian(source[56..]));
        return true;
    }
}
