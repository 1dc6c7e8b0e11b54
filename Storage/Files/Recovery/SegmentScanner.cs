using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Walks through the groups of a segment and checks every byte of them. Decides nothing: whether a group that does not check out is torn or damaged is the caller's to say.</summary>
/// <remarks>Not thread-safe. Takes no more memory than the segment's largest table, and never believes a length that a checksum does not vouch for.</remarks>
internal sealed class SegmentScanner
{
    private readonly SegmentHeader _segment;
    private readonly FileWindow _window;
    private readonly List<ScannedRun> _runs = [];

    /// <summary>Begins at the first group.</summary>
    /// <param name="file">The segment's file.</param>
    /// <param name="segment">Its header.</param>
    /// <param name="end">Where its groups end at the latest: where its footer begins, or the file's length.</param>
    public SegmentScanner(IStoreFile file, SegmentHeader segment, long end)
    {
        (_segment, _window) = (segment, new FileWindow(file, end));
        LastNumber = segment.FirstGroup - 1;
        KnownFlushed = segment.KnownFlushed;
    }

    /// <summary>Where the next group begins, if there is one.</summary>
    public long Position { get; private set; } = SegmentHeader.PageBytes;

    /// <summary>Where the groups end at the latest.</summary>
    public long End => _window.End;

    /// <summary>The number of the last group so far, lost or not.</summary>
    public long LastNumber { get; private set; }

    /// <summary>The greatest group number that a sound header has called flushed so far.</summary>
    public long KnownFlushed { get; private set; }

    /// <summary>The next group, or bytes in front of one that should be one; null when no sound header follows.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public ScannedGroup? Next()
    {
        if (TryReadHeader(Position) is { } header)
        {
            // Only after damage, which may have taken the room of a group together with the header before it.
            return header.Number > LastNumber + 1 && !_segment.IsRewritten ? Skip(0, header) : Read(header);
        }

        return FindHeader(Position + GroupHeader.Alignment) is not { } found ? null : Skip(found.Position - Position, found.Header);
    }

    /// <summary>Whether a sound header follows somewhere in the segment.</summary>
    public bool IsFollowed() => TryReadHeader(Position) is not null || FindHeader(Position + GroupHeader.Alignment) is not null;

    /// <summary>Where the last byte that is not zero ends; <see cref="Position"/> if there is none behind it.</summary>
    public long EndOfBytes()
    {
        var end = Position;
        for (var at = Position; _window.GetSome(at) is { IsEmpty: false } bytes; at += bytes.Length)
        {
            var last = bytes.LastIndexOfAnyExcept((byte)0);
            end = last < 0 ? end : at + last + 1;
        }

        return end;
    }

    private ScannedGroup Skip(long length, in GroupHeader next)
    {
        var skipped = new ScannedGroup(GroupState.Missing, Position, length, LastNumber + 1, next.Number - 1, length, []);
        Position += length;
        LastNumber = next.Number - 1;
        return skipped;
    }

    private ScannedGroup Read(in GroupHeader header)
    {
        var position = Position;
        Position += header.TotalBytes;
        LastNumber = header.Number;
        KnownFlushed = Math.Max(KnownFlushed, header.KnownFlushed);
        var length = Math.Min(header.TotalBytes, End - position);
        var state = !TryReadTable(header, position) ? GroupState.TableDamaged
            : CheckRecords() ? GroupState.Sound : GroupState.RecordsDamaged;
        return new ScannedGroup(
            state, position, length, header.Number, header.Number, header.RecordBytes, state == GroupState.TableDamaged ? [] : _runs);
    }

    private bool TryReadTable(in GroupHeader header, long position)
    {
        var table = _window.Get(position + GroupHeader.Bytes, header.TableBytes);
        if (table.Length != header.TableBytes || Crc32C.Compute(table) != header.TableCrc)
        {
            return false;
        }

        try
        {
            return ParseTable(table, header, position);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            // A checksum that fits bytes which mean nothing is no better than one that does not fit.
            return false;
        }
    }

    private bool ParseTable(ReadOnlySpan<byte> table, in GroupHeader header, long position)
    {
        _runs.Clear();
        var cursor = new SpanCursor(table, "table", MeshErrorCode.LogCorrupted);
        var start = header.RecordsAt(position);
        var end = start + header.RecordBytes;
        for (var i = 0; i < header.RunCount; i++)
        {
            var run = RunTable.ReadEntry(ref cursor, start, out var topic);
            _runs.Add(new ScannedRun(topic, run, IsSound: true));
            start += run.Length;
        }

        return cursor.Remaining == 0 && start == end;
    }

    private bool CheckRecords()
    {
        var isSound = true;
        for (var i = 0; i < _runs.Count; i++)
        {
            if (!IsSound(_runs[i].Run))
            {
                _runs[i] = _runs[i] with { IsSound = false };
                isSound = false;
            }
        }

        return isSound;
    }

    private bool IsSound(in RunDescriptor run)
    {
        var crc = 0u;
        var left = run.Length;
        while (left > 0)
        {
            var bytes = _window.GetSome(run.Position + run.Length - left);
            if (bytes.IsEmpty)
            {
                return false;
            }

            bytes = bytes[..Math.Min(left, bytes.Length)];
            crc = Crc32C.Compute(bytes, crc);
            left -= bytes.Length;
        }

        return crc == run.Crc;
    }

    /// <summary>A sound header at <paramref name="position"/> that can follow the last group.</summary>
    private GroupHeader? TryReadHeader(long position) =>
        GroupHeader.TryRead(_window.Get(position, GroupHeader.Bytes), _segment, out var header) && header.Number > LastNumber ? header : null;

    private (long Position, GroupHeader Header)? FindHeader(long position)
    {
        while (_window.Get(position, GroupHeader.Bytes).Length == GroupHeader.Bytes)
        {
            var bytes = _window.GetSome(position);
            for (var at = NextCandidate(bytes, 0); at >= 0; at = NextCandidate(bytes, at + GroupHeader.Alignment))
            {
                if (GroupHeader.TryRead(bytes[at..], _segment, out var header) && header.Number > LastNumber)
                {
                    return (position + at, header);
                }
            }

            position += bytes.Length / GroupHeader.Alignment * GroupHeader.Alignment;
        }

        return null;
    }

    /// <summary>The next multiple of the alignment that a whole header may begin at; -1 for none.</summary>
    private static int NextCandidate(ReadOnlySpan<byte> bytes, int at)
    {
        while (at + GroupHeader.Bytes <= bytes.Length)
        {
            if (GroupHeader.MayBegin(bytes[at..]))
            {
                return at;
            }

            at += GroupHeader.Alignment;
        }

        return -1;
    }
}
