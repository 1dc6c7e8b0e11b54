using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Walks through the groups of a segment that a node may be writing to. What it calls damaged is: a group that has just not been written whole is told apart. Not thread-safe.</summary>
/// <remarks>
/// The node writes a group only when the one before is flushed. So a group that does not check out is read anew once a later one has been seen: if it was only
/// read too early, it is whole by then.
/// </remarks>
internal sealed class SteadyScanner
{
    private readonly IStoreFile _file;
    private readonly SegmentHeader _header;
    private readonly long _end;
    private readonly bool _mayGrow;
    private SegmentScanner _scanner;
    private long _confirmed = -1;

    /// <summary>Begins at the first group of <paramref name="segment"/>.</summary>
    public SteadyScanner(ToolSegment segment)
        : this(segment.File.File, segment.File.Header, segment.Trailer?.FooterPosition ?? long.MaxValue, mayGrow: segment.Trailer is null)
    {
    }

    /// <summary>Begins at the first group.</summary>
    /// <param name="file">The segment's file.</param>
    /// <param name="header">Its header.</param>
    /// <param name="end">Where its groups end at the latest.</param>
    /// <param name="mayGrow">Whether somebody may be writing to it.</param>
    public SteadyScanner(IStoreFile file, SegmentHeader header, long end, bool mayGrow)
    {
        (_file, _header, _end, _mayGrow) = (file, header, end, mayGrow);
        _scanner = new SegmentScanner(file, header, end);
    }

    /// <summary>Where the next group begins, if there is one.</summary>
    public long Position => _scanner.Position;

    /// <summary>The number of the last group so far, lost or not.</summary>
    public long LastNumber => _scanner.LastNumber;

    /// <summary>The greatest group number that a sound header has called flushed so far.</summary>
    public long KnownFlushed => _scanner.KnownFlushed;

    /// <summary>Whether the last group does not check out and nothing follows it in the segment: it may be being written, or torn.</summary>
    public bool IsAtTail { get; private set; }

    /// <summary>The next group, or bytes in front of one that should be one; null when no sound header follows.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public ScannedGroup? Next()
    {
        var next = _scanner.Next();
        if (next is not { State: not GroupState.Sound } damaged)
        {
            return next;
        }

        if (damaged.State != GroupState.Missing && !_scanner.IsFollowed())
        {
            IsAtTail = true;
            return next;
        }

        return _mayGrow && damaged.Position > _confirmed ? Again(damaged.Position) : next;
    }

    private ScannedGroup? Again(long position)
    {
        _confirmed = position;
        _scanner = new SegmentScanner(_file, _header, _end);
        var next = _scanner.Next();
        while (next is { } group && group.Position < position)
        {
            next = _scanner.Next();
        }

        return next;
    }
}
