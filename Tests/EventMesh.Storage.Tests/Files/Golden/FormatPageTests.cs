using System.Buffers.Binary;
using System.Text;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Tests.Files.Recovery;

namespace EventMesh.Storage.Tests.Files.Golden;

/// <summary>The golden files against <c>docs/formats/journal.md</c>, field by field at the page's offsets, read by nothing that the store uses.</summary>
public sealed class FormatPageTests
{
    private const int PageBytes = 4096;
    private const ulong Salt = 0x1234_5678_9abc_def0UL;

    private readonly Dictionary<string, byte[]> _files = GoldenStoreTests.Load("v1").ToDictionary(static file => file.Name, static file => file.Bytes);

    private byte[] FirstSegment => _files[SegmentFile.NameOf(1)];

    private ReadOnlySpan<byte> FirstTrailer => FirstSegment.AsSpan(FirstSegment.Length - 64);

    [Fact]
    public void Store_WhenReadByThePage_HasItsFields()
    {
        var state = new StoreState(7, Guid.NewGuid(), NodeId.Parse("n-1"), new Incarnation(8), true, 9, 10, 11, 12, 13);
        var slot = new byte[PageBytes];
        state.Write(slot);

        Assert.Equal("EMSTORE1", Ascii(slot, 0, 8));
        Assert.Equal(Crc(slot.AsSpan(12, 256 - 12)), U32(slot, 8));
        Assert.Equal(1u, U32(slot, 12));
        Assert.Equal(7, I64(slot, 16));
        Assert.Equal(state.Store, new Guid(slot.AsSpan(24, 16)));
        Assert.Equal(8, I64(slot, 40));
        Assert.Equal(2u, U32(slot, 48));
        Assert.Equal("n-1", Ascii(slot, 53, slot[52]));
        Assert.False(slot.AsSpan(53 + 3, 120 - 56).ContainsAnyExcept((byte)0));
        Assert.Equal([9, 10, 11, 12, 13], new[] { 120, 128, 136, 144, 152 }.Select(at => I64(slot, at)));
        Assert.False(slot.AsSpan(160).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Store_WhenWrittenInTurn_HasTwoSlots()
    {
        var store = _files[StoreFile.Name];

        Assert.Equal(2 * PageBytes, store.Length);
        Assert.Equal(("EMSTORE1", "EMSTORE1"), (Ascii(store, 0, 8), Ascii(store, PageBytes, 8)));
        Assert.Equal(1, Math.Abs(I64(store, 16) - I64(store, PageBytes + 16)));
        Assert.Equal(1u, U32(store, 48));
        Assert.Equal(3, Math.Max(I64(store, 128), I64(store, PageBytes + 128)));
    }

    [Fact]
    public void Segment_WhenReadByThePage_HasItsFields()
    {
        var page = _files[SegmentFile.NameOf(3)];

        Assert.Equal("EMSEGMNT", Ascii(page, 0, 8));
        Assert.Equal(Crc(page.AsSpan(12, 128 - 12)), U32(page, 8));
        Assert.Equal(1u, U32(page, 12));
        Assert.Equal(new Guid("00112233-4455-6677-8899-aabbccddeeff"), new Guid(page.AsSpan(16, 16)));
        Assert.Equal((3L, 0u, 0u), (I64(page, 32), U32(page, 40), U32(page, 44)));
        Assert.Equal((6L, 5L), (I64(page, 48), I64(page, 56)));
        Assert.Equal(unchecked(Salt * 3), BinaryPrimitives.ReadUInt64LittleEndian(page.AsSpan(64)));
        Assert.Equal(JournalBuilder.Epoch + 5000, I64(page, 72));
        Assert.False(page.AsSpan(80, PageBytes - 80).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Group_WhenReadByThePage_HasItsFieldsAndRuns()
    {
        ReadOnlySpan<byte> group = FirstSegment.AsSpan(PageBytes);
        var seed = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(seed, Salt);

        Assert.Equal("EMG1", Ascii(group, 0, 4));
        Assert.Equal(Crc([.. seed, .. group[8..64]]), U32(group, 4));
        Assert.Equal((1L, 0L, 1L, 0u, 3u), (I64(group, 8), I64(group, 16), I64(group, 24), U32(group, 32), U32(group, 36)));
        var (tableBytes, recordBytes) = ((int)U32(group, 40), (int)U32(group, 44));
        Assert.Equal(Crc(group.Slice(64, tableBytes)), U32(group, 48));
        Assert.False(group.Slice(52, 12).ContainsAnyExcept((byte)0));

        var table = new Fields(group.Slice(64, tableBytes));
        var records = group.Slice(64 + tableBytes, recordBytes);
        records = Run(table, records, new("orders.eu.created", 0, 3, "", 0, JournalBuilder.Epoch, 1, "", 0));
        records = Run(table, records, new("orders.us.created", 0, 2, "", 0, JournalBuilder.Epoch, 1, "meter-7", 0));
        records = Run(table, records, new("shared", 0, 2, "far-away", 1, JournalBuilder.Epoch - 5, 1, "", 0));
        Assert.True(table.IsAtEnd && records.IsEmpty);

        // The next one begins at the next multiple of 64, behind zeros.
        var end = 64 + tableBytes + recordBytes;
        var next = (end + 63) / 64 * 64;
        Assert.False(group[end..next].ContainsAnyExcept((byte)0));
        Assert.Equal("EMG1", Ascii(group, next, 4));
    }

    [Fact]
    public void Footer_WhenReadByThePage_HasItsTrailerDirectoryAndSections()
    {
        var trailer = FirstTrailer;

        Assert.Equal("EMFOOTER", Ascii(trailer, 0, 8));
        Assert.Equal(Crc(trailer[12..]), U32(trailer, 8));
        Assert.Equal((1u, 1L, 0u, 5u), (U32(trailer, 12), I64(trailer, 16), U32(trailer, 24), U32(trailer, 28)));
        Assert.Equal((1L, 2L), (I64(trailer, 32), I64(trailer, 40)));
        var directory = FirstSegment.AsSpan((int)U32(trailer, 48), (int)U32(trailer, 52));
        Assert.Equal(Crc(directory), U32(trailer, 56));
        Assert.Equal(0u, U32(trailer, 60) % 64);

        var fields = new Fields(directory);
        var position = (long)U32(trailer, 60);
        foreach (var (topic, next, own) in new[] { ("$state.peers", 1, 1), ("gone", 1, 1), ("orders.eu.created", 3, 3), ("orders.us.created", 3, 3), ("shared", 3, 0) })
        {
            Assert.Equal(topic, fields.Text());
            Assert.Equal((0L, next), (fields.Number(), fields.Number()));
            Assert.True(fields.Number() > JournalBuilder.Epoch);
            Assert.Equal(0, fields.Number());
            Assert.Equal((own == 0 ? 0 : JournalBuilder.Epoch, own), (fields.Number(), fields.Number()));
            Assert.Equal((0L, position), (fields.Number(), fields.Number()));
            var length = (int)fields.Number();
            Section(FirstSegment.AsSpan((int)position, length), next, fields.Number());
            position += length;
        }

        Assert.True(fields.IsAtEnd);
        Assert.Equal(U32(trailer, 48), position);
    }

    [Fact]
    public void Checkpoint_WhenReadByThePage_HasItsFieldsAndBody()
    {
        var file = _files[CheckpointFile.Name];

        Assert.Equal("EMCHECKP", Ascii(file, 0, 8));
        Assert.Equal(Crc(file.AsSpan(12, 64 - 12)), U32(file, 8));
        Assert.Equal(1u, U32(file, 12));
        Assert.Equal(new Guid("00112233-4455-6677-8899-aabbccddeeff"), new Guid(file.AsSpan(16, 16)));
        Assert.Equal((2L, 5u, (uint)file.Length - 64), (I64(file, 32), U32(file, 40), U32(file, 44)));
        Assert.Equal(Crc(file.AsSpan(64)), U32(file, 48));
        Assert.Equal((2u, 5L), (U32(file, 52), I64(file, 56)));

        var body = new Fields(file.AsSpan(64));
        Assert.Equal((1L, 0L, 1L, 2L), (body.Number(), body.Number(), body.Number(), body.Number()));
        Assert.Equal((2L, 0L, 3L, 5L), (body.Number(), body.Number(), body.Number(), body.Number()));
        Assert.Equal("$state.peers", body.Text());
        Assert.Equal((0L, 4L), (body.Number(), body.Number()));
        Assert.True(body.Number() > JournalBuilder.Epoch);
        Assert.Equal((0L, JournalBuilder.Epoch, 1L, 2L), (body.Number(), body.Number(), body.Number(), body.Number()));
        Assert.Equal((1L, 0L, (long)U32(FirstTrailer, 60)), (body.Number(), body.Number(), body.Number()));
    }

    private static ReadOnlySpan<byte> Run(Fields table, ReadOnlySpan<byte> records, ExpectedRun expected)
    {
        Assert.Equal(expected.Topic, table.Text());
        Assert.Equal(1, table.Byte());
        Assert.Equal((expected.FirstOffset, expected.Count, JournalBuilder.Epoch + 1000), (table.Number(), table.Number(), table.Number()));
        var length = (int)table.Number();
        Assert.Equal(Crc(records[..length]), U32(table.Bytes(4), 0));
        Assert.Equal((expected.Origin, expected.Hops), (table.Text(), table.Byte()));
        Assert.Equal((expected.Incarnation, expected.NextSequence, 0L), (table.Number(), table.Number(), table.Number()));
        Assert.Equal(expected.Producer, table.Text());
        if (expected.Producer.Length > 0)
        {
            Assert.Equal(expected.ProducerSequence, table.Number());
        }

        return records[length..];
    }

    private static void Section(ReadOnlySpan<byte> section, long next, long recordBytes)
    {
        Assert.Equal(Crc(section[4..]), U32(section, 0));
        Assert.Equal((uint)section.Length - 8, U32(section, 4));
        var fields = new Fields(section[8..]);
        var headLength = (int)fields.Number();
        var head = new Fields(fields.Bytes(headLength));
        Assert.Equal((1, 0L, next), (head.Byte(), head.Number(), head.Number()));
        for (var before = fields.Number(); before > 0; before--)
        {
            fields.Text();
            Assert.Equal((0L, 0L), (fields.Number(), fields.Number()));
        }

        var (runs, bytes, end) = (fields.Number(), 0L, 0L);
        for (var i = 0; i < runs; i++)
        {
            var position = fields.Number();
            end += (position >> 1) ^ -(position & 1);
            var kind = fields.Byte();
            Assert.True(kind is 1 or 2 && end >= PageBytes + 64);
            fields.Number();
            fields.Number();
            fields.Number();
            var length = fields.Number();
            fields.Bytes(4);
            fields.Text();
            fields.Byte();
            fields.Number();
            fields.Number();
            fields.Number();
            if (fields.Text().Length > 0)
            {
                fields.Number();
            }

            (bytes, end) = (bytes + length, end + length);
        }

        Assert.Equal(recordBytes, bytes);
        Assert.True(fields.IsAtEnd);
    }

    /// <summary>CRC-32C bit by bit, as RFC 3720 has it.</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0x82F63B78;
            }
        }

        return ~crc;
    }

    private static string Ascii(ReadOnlySpan<byte> bytes, int at, int length) => Encoding.ASCII.GetString(bytes.Slice(at, length));

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);

    private sealed record ExpectedRun(
        string Topic, long FirstOffset, long Count, string Origin, int Hops, long Incarnation, long NextSequence, string Producer, long ProducerSequence);

    private sealed class Fields(ReadOnlySpan<byte> bytes)
    {
        private readonly byte[] _bytes = bytes.ToArray();
        private int _at;

        public bool IsAtEnd => _at == _bytes.Length;

        public int Byte() => _bytes[_at++];

        public ReadOnlySpan<byte> Bytes(int count)
        {
            _at += count;
            return _bytes.AsSpan(_at - count, count);
        }

        public string Text() => Encoding.ASCII.GetString(Bytes(Byte()));

        public long Number()
        {
            var value = 0L;
            for (var shift = 0; ; shift += 7)
            {
                var part = Byte();
                value |= (long)(part & 0x7F) << shift;
                if (part < 0x80)
                {
                    return value;
                }
            }
        }
    }
}
