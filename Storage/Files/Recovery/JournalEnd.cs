namespace EventMesh.Storage.Files.Recovery;

/// <summary>What is known of the journal's end before it is read: tells a group that was never acknowledged from one that is lost. Not thread-safe.</summary>
/// <param name="segments">The segments that are read, in order of their numbers.</param>
/// <param name="knownFlushed">The greatest group that anything outside of them calls flushed.</param>
/// <param name="isClosed">Whether the store was closed in order: then nothing is torn.</param>
internal sealed class JournalEnd(IReadOnlyList<FoundSegment> segments, long knownFlushed, bool isClosed)
{
    private bool? _hasGroupsAfter;
    private int _surveyed = -1;

    /// <summary>The greatest group that is known to have been flushed.</summary>
    public long KnownFlushed { get; private set; } = segments.Aggregate(knownFlushed, static (known, segment) => Math.Max(known, segment.KnownFlushed));

    /// <summary>Takes note of what headers of groups have named.</summary>
    public void Note(long known) => KnownFlushed = Math.Max(KnownFlushed, known);

    /// <summary>Whether the damaged group that <paramref name="scanner"/> has just found in segment <paramref name="index"/> may be one whose writing was cut short.</summary>
    public bool IsTorn(int index, SegmentScanner scanner, in ScannedGroup group)
    {
        Note(scanner.KnownFlushed);
        return !isClosed && !segments[index].WasSealed && !scanner.IsFollowed() && !HasGroupsAfter(index) && group.LastNumber > KnownFlushed;
    }

    /// <summary>The last of the groups that segment <paramref name="index"/> has lost at its end; <paramref name="lastNumber"/>, its last one, if it has lost none.</summary>
    public long LastLost(int index, long lastNumber)
    {
        if (segments[index].Trailer is { } trailer)
        {
            return Math.Max(trailer.LastGroup, lastNumber);
        }

        if (index + 1 == segments.Count)
        {
            return Math.Max(KnownFlushed, lastNumber);
        }

        // Where the next segment's file is missing, nobody can say which of the two had the groups between.
        var next = segments[index + 1].File.Header;
        if (next.Number != segments[index].File.Number + 1 || next.IsRewritten || next.FirstGroup - 1 <= lastNumber)
        {
            return lastNumber;
        }

        HasGroupsAfter(index);
        return Math.Max(Math.Min(KnownFlushed, next.FirstGroup - 1), lastNumber);
    }

    /// <summary>Whether any segment after <paramref name="index"/> has a group whose header is sound; what these name is taken note of.</summary>
    private bool HasGroupsAfter(int index)
    {
        if (_surveyed != index)
        {
            _surveyed = index;
            _hasGroupsAfter = false;
            foreach (var segment in segments.Skip(index + 1))
            {
                _hasGroupsAfter |= HasGroups(segment);
            }
        }

        return _hasGroupsAfter!.Value;
    }

    private bool HasGroups(FoundSegment segment)
    {
        if (segment.WasSealed)
        {
            return segment.KnownFlushed >= segment.File.Header.FirstGroup;
        }

        var has = false;
        var scanner = new SegmentScanner(segment.File.File, segment.File.Header, long.MaxValue);
        while (scanner.Next() is not null)
        {
            has = true;
        }

        Note(scanner.KnownFlushed);
        return has;
    }
}
