using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>What is known of a topic while a store opens. Not thread-safe.</summary>
internal sealed class CollectedTopic
{
    private SegmentSlice[] _slices = [];
    private int _count;
    private List<SliceGap>? _gaps;

    /// <summary>What the last directory says of it; numbers are the greatest that any said.</summary>
    public DirectoryEntry Last { get; private set; }

    /// <summary>Its slices, in order.</summary>
    public ReadOnlySpan<SegmentSlice> Slices => _slices.AsSpan(0, _count);

    /// <summary>Begins with what the checkpoint says.</summary>
    public void Begin(in DirectoryEntry entry, SegmentSlice[] slices) => (Last, _slices, _count) = (entry, slices, slices.Length);

    /// <summary>Goes on with the next segment.</summary>
    public void Add(in DirectoryEntry entry)
    {
        if (_count > 0 && entry.Slice.FirstOffset > Last.Next)
        {
            (_gaps ??= []).Add(new SliceGap(Last.Next, entry.Slice.FirstOffset, _slices[_count - 1].Segment + 1, entry.Slice.Segment - 1));
        }

        Merge(entry);
        Insert(_count, entry.Slice);
    }

    /// <summary>Puts a slice among those that there are.</summary>
    public void Insert(in DirectoryEntry entry)
    {
        var index = IndexOf(entry.Slice.Segment);
        if (index == _count)
        {
            Merge(entry);
        }

        Insert(index, entry.Slice);
    }

    /// <summary>Drops slices; see <see cref="TopicCollector.KeepOnly"/>.</summary>
    public void KeepOnly(Func<SegmentSlice, bool> isThere, Func<SegmentSlice, bool> isMissing)
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            var slice = _slices[i];
            if (isThere(slice))
            {
                _slices[kept++] = slice;
            }
            else if (isMissing(slice))
            {
                // What follows the last slice of the checkpoint begins at most at its next offset; where it does, is known when all segments are read.
                var end = i + 1 < _count ? _slices[i + 1].FirstOffset : Last.Next;
                (_gaps ??= []).Add(new SliceGap(slice.FirstOffset, end, slice.Segment, slice.Segment));
            }
        }

        _count = kept;
    }

    /// <summary>The newest slice before segment <paramref name="number"/>.</summary>
    public SegmentSlice? LastSliceBefore(long number) => IndexOf(number) is > 0 and var index ? _slices[index - 1] : null;

    /// <summary>Offsets that the topic should hold and that no slice can have, as far as that can be told without the sections.</summary>
    public IEnumerable<SliceGap> Gaps()
    {
        var front = _count == 0 ? Last.Next : _slices[0].FirstOffset;
        if (_gaps is null && front <= Last.Start)
        {
            return [];
        }

        var gaps = (_gaps ?? []).Prepend(new SliceGap(Last.Start, front, 1, _count == 0 ? long.MaxValue : _slices[0].Segment - 1));
        return gaps
            .Select(gap => gap with { From = Math.Max(gap.From, Last.Start), To = Math.Min(gap.To, FirstOffsetBehind(gap.LastSegment)) })
            .Where(static gap => gap.From < gap.To);
    }

    private long FirstOffsetBehind(long segment)
    {
        foreach (var slice in Slices)
        {
            if (slice.Segment > segment)
            {
                return slice.FirstOffset;
            }
        }

        return long.MaxValue;
    }

    /// <summary>Where damage took a head, a later segment may know less than an earlier one: numbers never go back.</summary>
    private void Merge(in DirectoryEntry entry) => Last = entry with
    {
        Start = Math.Max(Last.Start, entry.Start),
        Next = Math.Max(Last.Next, entry.Next),
        LastAppendUnixMs = Math.Max(Last.LastAppendUnixMs, entry.LastAppendUnixMs),
        Own = Last.Own > entry.Own ? Last.Own : entry.Own,
    };

    private int IndexOf(long segment)
    {
        var index = _count;
        while (index > 0 && _slices[index - 1].Segment >= segment)
        {
            index--;
        }

        return index;
    }

    private void Insert(int index, SegmentSlice slice)
    {
        if (_count == _slices.Length)
        {
            Array.Resize(ref _slices, _count == 0 ? 1 : 2 * _count);
        }

        _slices.AsSpan(index, _count - index).CopyTo(_slices.AsSpan(index + 1));
        _slices[index] = slice;
        _count++;
    }
}

/// <summary>Offsets of a topic that are in no slice.</summary>
/// <param name="From">The first.</param>
/// <param name="To">The one after the last.</param>
/// <param name="FirstSegment">The first segment that they can have been in.</param>
/// <param name="LastSegment">The last.</param>
internal readonly record struct SliceGap(long From, long To, long FirstSegment, long LastSegment);
