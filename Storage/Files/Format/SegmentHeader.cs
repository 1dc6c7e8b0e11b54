using System.Buffers.Binary;

namespace EventMesh.Storage.Files.Format;

/// <summary>The first page of a segment: whose it is, and which life of the file. Layout in <c>docs/formats/journal.md</c>.</summary>
/// <param name="Store">The store that it belongs to.</param>
/// <param name="Number">The segment's number: counts up from 1, never used twice.</param>
/// <param name="Generation">Counts the rewritings of this number, from 0; groups name it, so that what an earlier life of the file left behind is not taken for them.</param>
/// <param name="IsRewritten">Whether it holds only what was still wanted of an earlier generation: group numbers then have holes.</param>
/// <param name="FirstGroup">The number that its first group has.</param>
/// <param name="KnownFlushed">The last group known to be flushed when it was begun.</param>
/// <param name="Salt">Random; goes into the checksum of every group header, so that no payload can pass for one.</param>
/// <param name="CreatedUnixMs">When it was begun, in UTC milliseconds.</param>
internal sealed record SegmentHeader(
    Guid Store, long Number, uint Generation, bool IsRewritten, long FirstGroup, long KnownFlushed, ulong Salt, long CreatedUnixMs)
{
    /// <summary>Bytes of the header's page; the first group begins behind it.</summary>
    public const int PageBytes = 4096;

    /// <summary>The version that this release writes.</summary>
    public const uint Version = 1;

    private const int UsedBytes = 128;

    private static ReadOnlySpan<byte> Magic => "EMSEGMNT"u8;

    /// <summary>Writes the header into the first bytes of <paramref name="page"/> and clears the rest.</summary>
    public void Write(Span<byte> page)
    {
        page[..PageBytes].Clear();
        Magic.CopyTo(page);
        BinaryPrimitives.WriteUInt32LittleEndian(page[12..], Version);
        Store.TryWriteBytes(page[16..]);
        BinaryPrimitives.WriteInt64LittleEndian(page[32..], Number);
        BinaryPrimitives.WriteUInt32LittleEndian(page[40..], Generation);
        BinaryPrimitives.WriteUInt32LittleEndian(page[44..], IsRewritten ? 1u : 0);
        BinaryPrimitives.WriteInt64LittleEndian(page[48..], FirstGroup);
        BinaryPrimitives.WriteInt64LittleEndian(page[56..], KnownFlushed);
        BinaryPrimitives.WriteUInt64LittleEndian(page[64..], Salt);
        BinaryPrimitives.WriteInt64LittleEndian(page[72..], CreatedUnixMs);
        BinaryPrimitives.WriteUInt32LittleEndian(page[8..], Crc32C.Compute(page[12..UsedBytes]));
    }

    /// <summary>Reads a header; null when it is none, or damaged. A version that is not known comes back as <paramref name="version"/> alone.</summary>
    public static SegmentHeader? Read(ReadOnlySpan<byte> page, out uint version)
    {
        version = 0;
        if (page.Length < UsedBytes
            || !page.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(page[8..]) != Crc32C.Compute(page[12..UsedBytes]))
        {
            return null;
        }

        version = BinaryPrimitives.ReadUInt32LittleEndian(page[12..]);
        return version != Version
            ? null
            : new SegmentHeader(
                new Guid(page.Slice(16, 16)),
                BinaryPrimitives.ReadInt64LittleEndian(page[32..]),
                BinaryPrimitives.ReadUInt32LittleEndian(page[40..]),
                (BinaryPrimitives.ReadUInt32LittleEndian(page[44..]) & 1) != 0,
                BinaryPrimitives.ReadInt64LittleEndian(page[48..]),
                BinaryPrimitives.ReadInt64LittleEndian(page[56..]),
                BinaryPrimitives.ReadUInt64LittleEndian(page[64..]),
                BinaryPrimitives.ReadInt64LittleEndian(page[72..]));
    }
}
