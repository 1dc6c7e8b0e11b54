using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Topics;

/// <summary>The topic's parts in the segments, and the count of what it wants of them. All of it under the topic's gate.</summary>
/// <remarks>
/// Records go from the front only, so the slices whose records are gone come first. A slice without records, of a head or a trim alone, has the offset that came
/// next: it ends where it begins.
/// </remarks>
internal sealed partial class TopicLog
{
    private SegmentSlice[] _slices = [];
    private OpenSlice[] _open = [];

    /// <summary>The parts in sealed segments, in order of their offsets. The array never changes: take it under the gate, use it outside.</summary>
    public SegmentSlice[] Slices => _slices;

    /// <summary>The parts in segments without a footer, oldest first; they follow <see cref="Slices"/>. Use them under the gate.</summary>
    public ReadOnlySpan<OpenSlice> Open => _open;

    /// <summary>Bytes of records from the start on, roughly: whole slices count until all of them is trimmed.</summary>
    public long Bytes
    {
        get
        {
            var sum = 0L;
            if (Start == Limit)
            {
                return 0;
            }

            for (var i = _slices.Length - 1; i >= 0 && EndOf(i) > Start; i--)
            {
                sum += _slices[i].RecordBytes;
            }

            foreach (var slice in _open)
            {
                sum += slice.RecordBytes;
            }

            return sum;
        }
    }

    /// <summary>The first offset that no sealed slice covers.</summary>
    public long OpenFrom
    {
        get
        {
            foreach (var slice in _open)
            {
                if (slice.Runs.Count > 0)
                {
                    return slice.Runs[0].FirstOffset;
                }
            }

            return Limit;
        }
    }

    /// <summary>The first slice that has records that are held; the count of slices if there is none.</summary>
    public int FirstHeld
    {
        get
        {
            var first = Math.Max(0, LastFrom(Start));
            while (first < _slices.Length && Held(first, Start).Topics == 0)
            {
                first++;
            }

            return first;
        }
    }

    /// <summary>Whether the newest head is in the newest slice and in no place after it.</summary>
    private bool IsHeadInSlice => _slices.Length > 0 && (_open.Length == 0 || _open[0].Head is null);

    /// <summary>Whether nothing of the topic's records in segment <paramref name="number"/> is held any more.</summary>
    public bool IsDeadIn(long number)
    {
        var index = IndexOf(number);
        return index < 0 || Held(index, Start).Topics == 0;
    }

    /// <summary>Whether the head would still be known without segment <paramref name="number"/> and those before it.</summary>
    public bool HasHeadBeyond(long number) => (_slices.Length > 0 && _slices[^1].Segment > number) || (_open.Length > 0 && _open[0].Head is not null);

    /// <summary>The offset after the topic's last record in segment <paramref name="number"/>; the start where it has none there.</summary>
    public long EndIn(long number)
    {
        var index = IndexOf(number);
        return index < 0 ? Start : EndOf(index);
    }

    /// <summary>The offset after the last record of slice number <paramref name="index"/>.</summary>
    public long EndOf(int index) => index + 1 < _slices.Length ? _slices[index + 1].FirstOffset : OpenFrom;

    /// <summary>Puts the slice of a footer in the place of what the segment was read from while it had none. The oldest such segment goes first.</summary>
    public void Seal(SegmentFile segment, SegmentSlice slice)
    {
        if (IsHeadInSlice)
        {
            usages.Of(_slices[^1]).AddHeads(-1);
        }

        _open = [.. _open.Where(open => !ReferenceEquals(open.Segment, segment))];
        _slices = [.. _slices, slice];
        CountOn(_slices.Length - 1);
    }

    /// <summary>Forgets the slice in segment <paramref name="number"/>, which is about to go. Nothing of it is wanted.</summary>
    public void Drop(long number) => _slices = [.. _slices.Where(slice => slice.Segment != number)];

    /// <summary>Puts the slice of a segment's newer generation in the place of <paramref name="older"/>; null where nothing of it was wanted.</summary>
    public void Replace(in SegmentSlice older, SegmentSlice? newer)
    {
        var index = Array.IndexOf(_slices, older);
        if (index < 0)
        {
            return;
        }

        CountOff(index);
        var slices = _slices.ToList();
        slices.RemoveAt(index);
        if (newer is { } slice)
        {
            slices.Insert(index, slice);
        }

        _slices = [.. slices];
        if (newer is not null)
        {
            CountOn(index);
        }
    }

    private OpenSlice Begin(SegmentContents contents)
    {
        var slice = contents.SliceOf(Name);
        _open = [.. _open, slice];
        return slice;
    }

    private void CarryHead(OpenSlice slice, TopicHead head)
    {
        var wasInSlice = IsHeadInSlice;
        slice.Head = head;
        if (wasInSlice && !IsHeadInSlice)
        {
            usages.Of(_slices[^1]).AddHeads(-1);
        }
    }

    /// <summary>Counts what a new start takes from the slices between.</summary>
    private void CountTrim(long from, long to)
    {
        for (var i = Math.Max(0, LastFrom(from)); from < to && i < _slices.Length && _slices[i].FirstOffset < to; i++)
        {
            var before = Held(i, from);
            var after = Held(i, to);
            usages.Of(_slices[i]).AddLive(after.Topics - before.Topics, after.Bytes - before.Bytes);
        }
    }

    private void CountOn(int index)
    {
        var (topics, bytes) = Held(index, Start);
        var usage = usages.Of(_slices[index]);
        usage.AddLive(topics, bytes);
        usage.AddHeads(index == _slices.Length - 1 && IsHeadInSlice ? 1 : 0);
    }

    private void CountOff(int index)
    {
        var (topics, bytes) = Held(index, Start);
        var usage = usages.Of(_slices[index]);
        usage.AddLive(-topics, -bytes);
        usage.AddHeads(index == _slices.Length - 1 && IsHeadInSlice ? -1 : 0);
    }

    private void TakeOn()
    {
        for (var i = 0; i < _slices.Length; i++)
        {
            CountOn(i);
        }
    }

    private void TakeOff()
    {
        for (var i = 0; i < _slices.Length; i++)
        {
            CountOff(i);
        }
    }

    /// <summary>What is held of a slice when the topic starts at <paramref name="start"/>: whether anything is, and roughly how many bytes.</summary>
    private (int Topics, long Bytes) Held(int index, long start)
    {
        var slice = _slices[index];
        var end = EndOf(index);
        var from = Math.Max(start, slice.FirstOffset);
        return end <= from
            ? (0, 0)
            : (1, (long)((UInt128)slice.RecordBytes * (ulong)(end - from) / (ulong)(end - slice.FirstOffset)));
    }

    /// <summary>The last slice that begins at or below <paramref name="offset"/>; -1 if there is none.</summary>
    private int LastFrom(long offset)
    {
        var (low, high) = (0, _slices.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _slices[middle].FirstOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    private int IndexOf(long number) => Array.FindIndex(_slices, slice => slice.Segment == number);
}
