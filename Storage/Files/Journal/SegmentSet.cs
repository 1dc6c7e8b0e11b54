namespace EventMesh.Storage.Files.Journal;

/// <summary>The segments of the journal, by number. Thread-safe.</summary>
internal sealed class SegmentSet
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, SegmentFile> _segments = [];

    /// <summary>Bytes of all files.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate)
            {
                return _segments.Values.Sum(static segment => segment.File.Length);
            }
        }
    }

    /// <summary>All of them, in order of their numbers.</summary>
    public IReadOnlyList<SegmentFile> All()
    {
        lock (_gate)
        {
            return [.. _segments.Values];
        }
    }

    /// <summary>Adds a segment, or puts a rewritten one in the place of the older generation.</summary>
    public void Put(SegmentFile segment)
    {
        lock (_gate)
        {
            _segments[segment.Number] = segment;
        }
    }

    /// <summary>Takes a segment out; who holds it may go on reading it.</summary>
    public void Remove(SegmentFile segment)
    {
        lock (_gate)
        {
            if (_segments.TryGetValue(segment.Number, out var current) && ReferenceEquals(current, segment))
            {
                _segments.Remove(segment.Number);
            }
        }
    }

    /// <summary>Holds segment <paramref name="number"/> for reading; null when it is no longer part of the journal. Release it.</summary>
    public SegmentFile? Acquire(long number)
    {
        lock (_gate)
        {
            return _segments.TryGetValue(number, out var segment) && segment.TryAcquire() ? segment : null;
        }
    }
}
