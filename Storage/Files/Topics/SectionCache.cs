using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Topics;

/// <summary>Sections of footers that were read lately, decoded. Bounded by their bytes; what was not used for longest goes first. Thread-safe.</summary>
/// <param name="maxBytes">Most bytes of encoded sections.</param>
internal sealed class SectionCache(long maxBytes)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(SegmentFile Segment, uint Position), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();
    private long _bytes;

    /// <summary>Makes a section again that is damaged; null where it cannot.</summary>
    public Func<SegmentFile, SegmentSlice, SliceContent?> Rebuild { get; set; } = static (_, _) => null;

    /// <summary>The section that <paramref name="slice"/> names in <paramref name="segment"/>, which the caller holds.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: it is damaged, and what it says cannot be had elsewhere.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public SliceContent Get(SegmentFile segment, SegmentSlice slice)
    {
        var key = (segment, slice.Position);
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var node))
            {
                _byUse.Remove(node);
                _byUse.AddFirst(node);
                return node.Value.Content;
            }
        }

        var content = Read(segment, slice);
        Keep(key, content, slice.Length);
        return content;
    }

    /// <summary>Forgets what came from a segment that is gone.</summary>
    public void Forget(SegmentFile segment)
    {
        lock (_gate)
        {
            foreach (var node in _entries.Values.Where(node => ReferenceEquals(node.Value.Key.Segment, segment)).ToList())
            {
                Remove(node);
            }
        }
    }

    private SliceContent Read(SegmentFile segment, SegmentSlice slice)
    {
        try
        {
            return SectionReader.Read(segment, slice);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            if (Rebuild(segment, slice) is { } content)
            {
                return content;
            }

            throw;
        }
    }

    private void Keep((SegmentFile Segment, uint Position) key, SliceContent content, int bytes)
    {
        lock (_gate)
        {
            if (_entries.ContainsKey(key))
            {
                return;
            }

            _entries[key] = _byUse.AddFirst(new Entry(key, content, bytes));
            _bytes += bytes;
            while (_bytes > maxBytes && _byUse.Last is { } oldest && _byUse.Count > 1)
            {
                Remove(oldest);
            }
        }
    }

    private void Remove(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Key);
        _bytes -= node.Value.Bytes;
    }

    private sealed record Entry((SegmentFile Segment, uint Position) Key, SliceContent Content, int Bytes);
}
