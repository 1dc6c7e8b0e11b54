using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Retention;

/// <summary>A run that a rewritten segment gets.</summary>
/// <param name="Topic">Its topic.</param>
/// <param name="Run">The run; its place is that in the older generation.</param>
/// <param name="Head">Its bytes where it is a head that is made for this; else null, and they are copied.</param>
internal readonly record struct KeptRun(TopicName Topic, RunDescriptor Run, byte[]? Head);

/// <summary>The newer generation of a segment while it is written, under a name that a start removes. Not thread-safe.</summary>
internal sealed class RewriteTarget
{
    private const string Unfinished = ".new";
    private const int FirstBytes = 64 * 1024;

    private readonly IStoreDirectory _directory;
    private readonly SegmentFile _older;
    private byte[] _bytes = new byte[FirstBytes];
    private byte[] _table = new byte[RunTable.MaxEntryBytes];
    private int _length;
    private long _flushed;

    /// <summary>Begins the next generation of <paramref name="older"/>, with room for about <paramref name="bytes"/>.</summary>
    /// <exception cref="DiskFullException">There is no room for it.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public RewriteTarget(IStoreDirectory directory, SegmentFile older, ulong salt, long bytes)
    {
        (_directory, _older) = (directory, older);
        var header = older.Header with { Generation = older.Header.Generation + 1, IsRewritten = true, Salt = salt };

        // What an attempt before this one has left, if removing it failed.
        directory.Delete(older.Name + Unfinished);
        Segment = new SegmentFile(directory.Create(older.Name + Unfinished, bytes), older.Name, header) { LastGroup = older.LastGroup };
        header.Write(Reserve(SegmentHeader.PageBytes));
        _length = SegmentHeader.PageBytes;
    }

    /// <summary>The newer generation.</summary>
    public SegmentFile Segment { get; }

    /// <summary>The number of the last group in it.</summary>
    public long LastNumber { get; private set; }

    /// <summary>Where the groups end.</summary>
    public long EndOfGroups => _flushed + _length;

    /// <summary>Bytes that are not written yet.</summary>
    public int Pending => _length;

    /// <summary>Adds group <paramref name="number"/>; gives its runs with their places, heads included.</summary>
    /// <returns>False when a run's bytes in the older generation are not what they were when they were checked, or are too many for a group.</returns>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool TryAdd(long number, IReadOnlyList<KeptRun> runs, Action<KeptRun> placed)
    {
        var (tableBytes, records) = Encode(runs);
        if (tableBytes + records > GroupHeader.MaxBodyBytes)
        {
            return false;
        }

        var table = _table.AsSpan(0, tableBytes);
        var segment = Segment.Header;
        var header = new GroupHeader(
            number, number - 1, segment.Number, segment.Generation, runs.Count, table.Length, (int)records, Crc32C.Compute(table));
        var group = Reserve(header.TotalBytes);
        group.Clear();
        header.Write(group, segment.Salt);
        table.CopyTo(group[GroupHeader.Bytes..]);
        var at = GroupHeader.Bytes + table.Length;
        foreach (var kept in runs)
        {
            var bytes = group.Slice(at, kept.Run.Length);
            if (!TryCopy(kept, bytes))
            {
                return false;
            }

            placed(kept with { Run = kept.Run with { Position = EndOfGroups + at } });
            at += kept.Run.Length;
        }

        _length += header.TotalBytes;
        LastNumber = number;
        return true;
    }

    /// <summary>Writes and flushes what was added: little at a time, so that the journal's own flushes go on in between.</summary>
    /// <exception cref="IOException">The disk failed or is full.</exception>
    public void Flush()
    {
        Segment.File.Write(_flushed, _bytes.AsSpan(0, _length));
        Segment.File.Flush();
        _flushed += _length;
        _length = 0;
    }

    /// <summary>Takes the place of the older generation. All of it is flushed and it has its footer.</summary>
    /// <exception cref="IOException">The disk failed; the older generation has its place still.</exception>
    public void TakePlace() => _directory.Rename(_older.Name + Unfinished, _older.Name);

    /// <summary>Gives it up.</summary>
    /// <exception cref="IOException">The disk failed; the next attempt or the next start removes it.</exception>
    public void Discard()
    {
        Segment.File.Dispose();
        _directory.Delete(_older.Name + Unfinished);
    }

    private (int TableBytes, long RecordBytes) Encode(IReadOnlyList<KeptRun> runs)
    {
        var (length, records) = (0, 0L);
        foreach (var kept in runs)
        {
            if (_table.Length - length < RunTable.MaxEntryBytes)
            {
                Array.Resize(ref _table, 2 * _table.Length);
            }

            length += RunTable.WriteEntry(_table.AsSpan(length), kept.Topic, kept.Run);
            records += kept.Run.Length;
        }

        return (length, records);
    }

    private bool TryCopy(in KeptRun kept, Span<byte> bytes)
    {
        if (kept.Head is { } head)
        {
            head.CopyTo(bytes);
            return true;
        }

        return _older.File.Read(kept.Run.Position, bytes) == bytes.Length && Crc32C.Compute(bytes) == kept.Run.Crc;
    }

    private Span<byte> Reserve(int bytes)
    {
        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, Math.Max(_length + bytes, 2 * _bytes.Length));
        }

        return _bytes.AsSpan(_length, bytes);
    }
}
