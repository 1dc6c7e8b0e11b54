using System.Buffers;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Reading;

/// <summary>A topic's runs in a segment, which is held for reading until this is disposed: once, by one thread.</summary>
internal readonly struct HeldRuns : IDisposable
{
    private readonly SectionCache? _sections;
    private readonly ArraySegment<RunDescriptor> _runs;

    /// <summary>Runs in a segment without a footer, which the caller has acquired.</summary>
    public HeldRuns(SegmentFile segment, ArraySegment<RunDescriptor> runs) => (Segment, _runs) = (segment, runs);

    /// <summary>Runs in a segment that the caller has acquired, by their section, which it has acquired as well.</summary>
    public HeldRuns(SegmentFile segment, SectionCache sections, Section section)
    {
        (Segment, _sections, Section) = (segment, sections, section);
        _runs = new(ArrayPool<RunDescriptor>.Shared.Rent(Section.BlockRuns), 0, 0);
    }

    /// <summary>The segment.</summary>
    public SegmentFile Segment { get; }

    /// <summary>The section; null while the segment has no footer.</summary>
    public Section? Section { get; }

    /// <summary>Whether anything is held.</summary>
    public bool IsHeld => Segment is not null;

    /// <summary>Blocks that the runs come in, in order of their offsets.</summary>
    public int Blocks => Section is { } section ? section.Blocks : Math.Min(1, _runs.Count);

    /// <summary>The block that has the last run that begins at or below <paramref name="offset"/>, or one next to it.</summary>
    public int BlockOf(long offset) => Section is { } section ? section.BlockOf(offset) : 0;

    /// <summary>The runs of a block; valid until the next call.</summary>
    public ReadOnlySpan<RunDescriptor> Block(int number) =>
        Section is { } section ? _runs.Array.AsSpan(0, section.Decode(number, _runs.Array)) : _runs;

    public void Dispose()
    {
        if (Section is { } section)
        {
            ArrayPool<RunDescriptor>.Shared.Return(_runs.Array!);
            _sections!.Release(section);
        }

        Segment.Release();
    }
}
