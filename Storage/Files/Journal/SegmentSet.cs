using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Journal;

/// <summary>The segments of the journal, by number and generation. Thread-safe.</summary>
/// <remarks>
/// While a rewritten segment takes the place of its older generation both are here, so that a slice of either can be read; a slice whose generation is gone has been
/// replaced in its topic, or trimmed.
/// </remarks>
internal sealed class SegmentSet
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<(long Number, uint Generation), SegmentFile> _segments = [];

    private bool _isClosed;

    /// <summary>Whether the store is closed.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

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

    /// <summary>All of them, in order of their numbers; of a segment that is being replaced, the newer generation.</summary>
    public IReadOnlyList<SegmentFile> All()
    {
        var segments = new List<SegmentFile>();
        lock (_gate)
        {
            foreach (var segment in _segments.Values)
            {
                if (segments.Count > 0 && segments[^1].Number == segment.Number)
                {
                    segments.RemoveAt(segments.Count - 1);
                }

                segments.Add(segment);
            }
        }

        return segments;
    }

    /// <summary>Adds a segment, or a newer generation of one beside the older.</summary>
    public void Put(SegmentFile segment)
    {
        lock (_gate)
        {
            _segments[(segment.Number, segment.Header.Generation)] = segment;
        }
    }

    /// <summary>Takes a segment out; who holds it may go on reading it.</summary>
    public void Remove(SegmentFile segment)
    {
        lock (_gate)
        {
            _segments.Remove((segment.Number, segment.Header.Generation));
        }
    }

    /// <summary>Holds the segment of <paramref name="slice"/> for reading. Release it.</summary>
    /// <returns>Null when it is no longer part of the journal: its topic's slices, taken anew, say what has become of it.</returns>
    public SegmentFile? Acquire(in SegmentSlice slice)
    {
        lock (_gate)
        {
            return _segments.TryGetValue((slice.Segment, slice.Generation), out var segment) && segment.TryAcquire() ? segment : null;
        }
    }

    /// <summary>Takes all of them out for good, and closes each once nobody reads it any more.</summary>
    public void Close()
    {
        List<SegmentFile> segments;
        lock (_gate)
        {
            _isClosed = true;
            segments = [.. _segments.Values];
            _segments.Clear();
        }

        foreach (var segment in segments)
        {
            segment.Retire(segment.File.Dispose);
        }
    }
}
