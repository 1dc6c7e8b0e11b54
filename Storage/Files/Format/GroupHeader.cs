using System.Buffers.Binary;

namespace EventMesh.Storage.Files.Format;

/// <summary>The front of a group: everything that one flush made durable. Layout in <c>docs/formats/journal.md</c>.</summary>
/// <param name="Number">Counts up by one over the whole journal, from 1.</param>
/// <param name="KnownFlushed">The greatest group number known to be flushed when this one was written: nothing up to it may be missing.</param>
/// <param name="Segment">The segment's number.</param>
/// <param name="Generation">The segment's generation.</param>
/// <param name="RunCount">Runs in the table.</param>
/// <param name="TableBytes">Bytes of the table, which follows the header.</param>
/// <param name="RecordBytes">Bytes of the records, which follow the table in its order.</param>
/// <param name="TableCrc">Checksum of the table. Each run has one of its own records in the table.</param>
internal readonly record struct GroupHeader(
    long Number, long KnownFlushed, long Segment, uint Generation, int RunCount, int TableBytes, int RecordBytes, uint TableCrc)
{
    /// <summary>Bytes of the header.</summary>
    public const int Bytes = 64;

    /// <summary>Groups begin at multiples of this.</summary>
    public const int Alignment = 64;

    /// <summary>The most that a table and its records may take: bounds what reading a damaged header can ask for.</summary>
    public const int MaxBodyBytes = 64 * 1024 * 1024;

    private static ReadOnlySpan<byte> Magic => "EMG1"u8;

    /// <summary>Bytes of the whole group, with the zeros that fill it up to the next multiple of <see cref="Alignment"/>.</summary>
    public int TotalBytes => Align(Bytes + TableBytes + RecordBytes);

    /// <summary>Where its records begin, given where it begins.</summary>
    public long RecordsAt(long position) => position + Bytes + TableBytes;

    /// <summary>The next multiple of <see cref="Alignment"/>.</summary>
    public static int Align(int bytes) => checked(bytes + Alignment - 1) & ~(Alignment - 1);

    /// <summary>Writes the header.</summary>
    public void Write(Span<byte> destination, ulong salt)
    {
        destination[..Bytes].Clear();
        Magic.CopyTo(destination);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], Number);
        BinaryPrimitives.WriteInt64LittleEndian(destination[16..], KnownFlushed);
        BinaryPrimitives.WriteInt64LittleEndian(destination[24..], Segment);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[32..], Generation);
        BinaryPrimitives.WriteInt32LittleEndian(destination[36..], RunCount);
        BinaryPrimitives.WriteInt32LittleEndian(destination[40..], TableBytes);
        BinaryPrimitives.WriteInt32LittleEndian(destination[44..], RecordBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[48..], TableCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], Checksum(destination, salt));
    }

    /// <summary>Whether a header may begin here: spares the checksum where one is looked for.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> source) => source.StartsWith(Magic);

    /// <summary>Reads a header; false when it is none, damaged, or of another segment or life of the file.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, SegmentHeader segment, out GroupHeader header)
    {
        header = default;
        if (source.Length < Bytes
            || !source.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(source[4..]) != Checksum(source, segment.Salt))
        {
            return false;
        }

        header = Fields(source);
        return header.IsSound(segment);
    }

    /// <summary>Reads the fields as they are, checked by nothing.</summary>
    public static GroupHeader Fields(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadInt64LittleEndian(source[8..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[16..]),
        BinaryPrimitives.ReadInt64LittleEndian(source[24..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[32..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[36..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[40..]),
        BinaryPrimitives.ReadInt32LittleEndian(source[44..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[48..]));

    private bool IsSound(SegmentHeader segment) =>
        Segment == segment.Number
        && Generation == segment.Generation
        && Number > 0
        && KnownFlushed >= 0 && KnownFlushed < Number
        && RunCount >= 0
        && TableBytes >= RunCount
        && RecordBytes >= 0
        && (long)TableBytes + RecordBytes <= MaxBodyBytes;

    private static uint Checksum(ReadOnlySpan<byte> header, ulong salt)
    {
        Span<byte> seed = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(seed, salt);
        return Crc32C.Compute(header[8..Bytes], Crc32C.Compute(seed));
    }
}
