using System.Buffers;
using System.Text;
using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Topics;

/// <summary>A section of a footer as it lies in the file: checked as a whole when it is loaded, decoded piece by piece as it is asked for.</summary>
/// <remarks>
/// Its bytes are pooled, and so is it: <see cref="SectionCache"/> counts who holds it. While it is held nothing of it changes, so any number of threads may use it.
/// Methods throw <see cref="EventMeshException"/> with <c>LogCorrupted</c> for bytes that mean nothing although their checksum fits.
/// </remarks>
internal sealed class Section(NodeNames names)
{
    /// <summary>Runs of a block, which is decoded as a whole.</summary>
    public const int BlockRuns = 64;

    private const int MinRunBytes = 10;

    private byte[] _bytes = [];
    private Mark[] _marks = [];
    private int _length;
    private int _positionsAt;
    private int _beforeAt;
    private string _what = "";
    private long _limit;

    /// <summary>The numbers of the head as of the segment's end.</summary>
    public HeadNumbers Head { get; private set; }

    /// <summary>The runs that cover offsets.</summary>
    public int Count { get; private set; }

    /// <summary>Blocks that <see cref="Decode"/> can be asked for.</summary>
    public int Blocks => (Count + BlockRuns - 1) / BlockRuns;

    /// <summary>Bytes that it takes.</summary>
    public int Bytes => _bytes.Length;

    /// <summary>Where it comes from. The cache's, like all that follow.</summary>
    public (SegmentFile Segment, uint Position) Key { get; set; }

    /// <summary>How many hold it.</summary>
    public int Holders { get; set; }

    /// <summary>Whether the cache still has it.</summary>
    public bool IsCached { get; set; }

    /// <summary>The section that was used next after it.</summary>
    public Section? Newer { get; set; }

    /// <summary>The section that was used last before it.</summary>
    public Section? Older { get; set; }

    /// <summary>Loads the section that <paramref name="slice"/> names. Allocates no more than the file has bytes.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: it is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Load(SegmentFile segment, SegmentSlice slice)
    {
        var length = (int)Math.Clamp(segment.File.Length - slice.Position, 0, slice.Length);
        _bytes = ArrayPool<byte>.Shared.Rent(length);
        (_length, _limit, _what) = (segment.File.Read(slice.Position, _bytes.AsSpan(0, length)), slice.Position, segment.Name);
        Parse();
    }

    /// <summary>Loads what would be the section of <paramref name="content"/>.</summary>
    public void Load(SegmentFile segment, SegmentSlice slice, SliceContent content)
    {
        var writer = new FieldWriter();
        SectionCodec.Write(writer, new FieldWriter(), content);
        _bytes = ArrayPool<byte>.Shared.Rent(writer.Length);
        writer.Written.CopyTo(_bytes);
        (_length, _limit, _what) = (writer.Length, slice.Position, segment.Name);
        Parse();
    }

    /// <summary>Gives its memory back; it may be loaded again.</summary>
    public void Clear()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        ArrayPool<Mark>.Shared.Return(_marks);
        (_bytes, _marks, _length, Count) = ([], [], 0, 0);
    }

    /// <summary>The position of <paramref name="origin"/> as of the segment's end; null where it has none.</summary>
    public Position? PositionOf(NodeId origin) => Find(_positionsAt, origin);

    /// <summary>The position of <paramref name="origin"/> before its first record here; null where it has none here.</summary>
    public Position? PositionBefore(NodeId origin) => Find(_beforeAt, origin);

    /// <summary>The positions of all origins as of the segment's end.</summary>
    public KeyValuePair<NodeId, Position>[] Positions()
    {
        var cursor = From(_positionsAt);
        return TopicHeadCodec.ReadPositions(ref cursor);
    }

    /// <summary>The block that has the last run that begins at or below <paramref name="offset"/>, or the first block.</summary>
    public int BlockOf(long offset)
    {
        var (low, high) = (0, Blocks);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = middle == 0 || _marks[middle].FirstOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return Math.Max(0, low - 1);
    }

    /// <summary>Decodes a block, without producers; returns how many runs it has.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="runs">Room for <see cref="BlockRuns"/>.</param>
    public int Decode(int block, Span<RunDescriptor> runs)
    {
        var mark = _marks[block];
        var cursor = From(mark.At);
        var (end, offset) = (mark.End, 0L);
        var count = Math.Min(BlockRuns, Count - block * BlockRuns);
        for (var i = 0; i < count; i++)
        {
            runs[i] = ReadRun(ref cursor, ref end, ref offset);
        }

        return count;
    }

    private void Parse()
    {
        var cursor = From(0);
        if (cursor.Fixed32("checksum") != Crc32C.Compute(_bytes.AsSpan(sizeof(uint), _length - sizeof(uint))))
        {
            throw cursor.Malformed("checksum", "does not match");
        }

        if (cursor.Fixed32("length") != cursor.Remaining)
        {
            throw cursor.Malformed("length", "is not that of the section");
        }

        var headEnd = cursor.Length(int.MaxValue, "head length");
        headEnd += cursor.Offset;
        Head = TopicHeadCodec.ReadNumbers(ref cursor);
        _positionsAt = cursor.Offset;
        if (headEnd < _positionsAt)
        {
            throw cursor.Malformed("head length", "is not that of the head");
        }

        cursor.Bytes(headEnd - _positionsAt, "head");
        _beforeAt = cursor.Offset;
        for (var origins = cursor.Count("origins", leastBytes: 4); origins > 0; origins--)
        {
            cursor.Bytes(cursor.Byte("origin"), "origin");
            cursor.Position("position");
        }

        Count = cursor.Count("runs", MinRunBytes);
        SetMarks(ref cursor);
    }

    /// <summary>Notes where each block begins. Only those in front of another have to be walked through for that.</summary>
    private void SetMarks(ref SpanCursor cursor)
    {
        _marks = ArrayPool<Mark>.Shared.Rent(Blocks);
        var (end, offset) = (0L, 0L);
        for (var block = 0; block < Blocks; block++)
        {
            _marks[block] = new Mark(cursor.Offset, end, offset);
            for (var i = 0; i < BlockRuns && block < Blocks - 1; i++)
            {
                end += cursor.Signed("position");
                end += RunTable.Skip(ref cursor, out offset);
            }
        }
    }

    private RunDescriptor ReadRun(ref SpanCursor cursor, ref long end, ref long offset)
    {
        var position = end + cursor.Signed("position");
        var run = RunTable.Read(ref cursor, position, names);
        end = position + run.Length;
        if (position < 0 || end > _limit || run.FirstOffset < offset || run.EndOffset > Head.Next)
        {
            throw cursor.Malformed("run", "lies outside the segment or its topic");
        }

        offset = run.EndOffset;
        return run;
    }

    private Position? Find(int at, NodeId origin)
    {
        var cursor = From(at);
        for (var origins = cursor.Count("origins", leastBytes: 4); origins > 0; origins--)
        {
            var name = cursor.Bytes(cursor.Byte("origin"), "origin");
            var position = cursor.Position("position");
            if (Ascii.Equals(name, origin.Value))
            {
                return position;
            }
        }

        return null;
    }

    private SpanCursor From(int at) => new(_bytes.AsSpan(at, _length - at), _what, MeshErrorCode.LogCorrupted);

    /// <summary>Where a block begins in the section, where the bytes of the run before it end in the file, and an offset that none of its runs begins below.</summary>
    private readonly record struct Mark(int At, long End, long FirstOffset);
}
