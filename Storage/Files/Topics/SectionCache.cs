using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Topics;

/// <summary>Sections of footers that were read lately. Bounded by their bytes; what was not used for longest goes first. Thread-safe.</summary>
/// <param name="maxBytes">Most bytes of sections; what is held does not go, and counts.</param>
internal sealed class SectionCache(long maxBytes)
{
    // Sections that were given back, so that reading many small ones makes no garbage.
    private const int MaxFree = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<(SegmentFile Segment, uint Position), Section> _sections = [];
    private readonly Stack<Section> _free = [];
    private readonly NodeNames _names = new();
    private Section? _newest;
    private Section? _oldest;
    private long _bytes;

    /// <summary>Makes a section again that is damaged; null where it cannot.</summary>
    public Func<SegmentFile, SegmentSlice, SliceContent?> Rebuild { get; set; } = static (_, _) => null;

    /// <summary>The whole content of the section that <paramref name="slice"/> names in <paramref name="segment"/>, which the caller holds. It is not kept.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: it is damaged, and what it says cannot be had elsewhere.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public SliceContent Get(SegmentFile segment, SegmentSlice slice)
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

    /// <summary>Holds the section that <paramref name="slice"/> names in <paramref name="segment"/>, which the caller holds, for reading. <see cref="Release"/> it.</summary>
    /// <exception cref="EventMeshException"><c>LogCorrupted</c>: it is damaged, and what it says cannot be had elsewhere.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public Section Acquire(SegmentFile segment, SegmentSlice slice)
    {
        var key = (segment, slice.Position);
        Section? section;
        lock (_gate)
        {
            if (_sections.TryGetValue(key, out section))
            {
                Unlink(section);
                Link(section);
                section.Holders++;
                return section;
            }

            if (!_free.TryPop(out section))
            {
                section = new Section(_names);
            }
        }

        Load(section, segment, slice);
        lock (_gate)
        {
            (section.Key, section.Holders) = (key, 1);
            if (_sections.TryAdd(key, section))
            {
                section.IsCached = true;
                _bytes += section.Bytes;
                Link(section);
                Shrink(section);
            }

            return section;
        }
    }

    /// <summary>Ends what <see cref="Acquire"/> began.</summary>
    public void Release(Section section)
    {
        lock (_gate)
        {
            section.Holders--;
            FreeIfUnused(section);
        }
    }

    /// <summary>Forgets what came from a segment that is gone.</summary>
    public void Forget(SegmentFile segment)
    {
        lock (_gate)
        {
            for (var section = _oldest; section is not null;)
            {
                var newer = section.Newer;
                if (ReferenceEquals(section.Key.Segment, segment))
                {
                    Drop(section);
                }

                section = newer;
            }
        }
    }

    private void Load(Section section, SegmentFile segment, SegmentSlice slice)
    {
        try
        {
            section.Load(segment, slice);
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            section.Clear();
            section.Load(segment, slice, Get(segment, slice));
        }
    }

    private void Shrink(Section kept)
    {
        while (_bytes > maxBytes && _oldest is { } oldest && oldest != kept)
        {
            Drop(oldest);
        }
    }

    private void Drop(Section section)
    {
        Unlink(section);
        _sections.Remove(section.Key);
        _bytes -= section.Bytes;
        section.IsCached = false;
        FreeIfUnused(section);
    }

    private void FreeIfUnused(Section section)
    {
        if (section is { Holders: 0, IsCached: false })
        {
            section.Clear();
            section.Key = default;
            if (_free.Count < MaxFree)
            {
                _free.Push(section);
            }
        }
    }

    private void Link(Section section)
    {
        (section.Older, section.Newer) = (_newest, null);
        _oldest ??= section;
        if (_newest is not null)
        {
            _newest.Newer = section;
        }

        _newest = section;
    }

    private void Unlink(Section section)
    {
        if (section.Older is { } older)
        {
            older.Newer = section.Newer;
        }
        else
        {
            _oldest = section.Newer;
        }

        if (section.Newer is { } newer)
        {
            newer.Older = section.Older;
        }
        else
        {
            _newest = section.Older;
        }

        (section.Older, section.Newer) = (null, null);
    }
}
