using EventMesh.Core.Identity;

namespace EventMesh.Storage.Memory;

/// <summary>Searching and reading: every search is logarithmic in segments and runs.</summary>
internal sealed partial class TopicLog
{
    public IReadOnlyList<KeyValuePair<NodeId, Position>> FlushedPositions()
    {
        var positions = new List<KeyValuePair<NodeId, Position>>(_origins.Count);
        foreach (var node in _origins.Keys)
        {
            if (PositionBefore(node, Limit) is { IsNone: false } position)
            {
                positions.Add(new(node, position));
            }
        }

        return positions;
    }

    /// <summary>The position of the last record of <paramref name="node"/> below <paramref name="offset"/> and the read limit.</summary>
    public Position PositionBefore(NodeId node, long offset)
    {
        if (!_origins.TryGetValue(node, out var origin))
        {
            return Position.None;
        }

        offset = Math.Min(offset, Limit);
        var below = origin.Runs.Items.BinarySearch(offset);
        below = below < 0 ? ~below : below;
        if (below == 0)
        {
            return origin.Base;
        }

        var (segment, run) = RunAt(origin.Runs[below - 1]);
        var last = Math.Min(segment.RunEnd(run), offset - segment.FirstOffset) - 1;
        return segment.Runs[run].PositionAt((int)last);
    }

    /// <summary>The offset of the first record of <paramref name="node"/> above <paramref name="position"/>, or the read limit.</summary>
    public long OffsetAfter(NodeId node, Position position)
    {
        if (!_origins.TryGetValue(node, out var origin))
        {
            return Limit;
        }

        // Records below the start are held until their segment goes; nobody sees them.
        var below = PositionBefore(node, Start);
        position = below > position ? below : position;

        // How many runs begin at or below the position: their positions grow with their offsets.
        var (low, high) = (0, origin.Runs.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var (segment, run) = RunAt(origin.Runs[middle]);
            var first = segment.Runs[run].PositionAt(segment.Runs[run].FirstIndex);
            (low, high) = first <= position ? (middle + 1, high) : (low, middle);
        }

        if (low > 0 && Within(origin.Runs[low - 1], position) is { } within)
        {
            return Math.Min(within, Limit);
        }

        return low < origin.Runs.Count ? Math.Min(origin.Runs[low], Limit) : Limit;
    }

    /// <summary>The first offset appended at or after <paramref name="timeUnixMs"/>, or the read limit.</summary>
    public long OffsetAtTime(long timeUnixMs)
    {
        var last = LastSegment(candidate => candidate.Runs[0].AppendTimeUnixMs < timeUnixMs);
        if (last < 0)
        {
            return Start;
        }

        var segment = _segments[last];
        var runs = segment.Runs;
        var (low, high) = (0, runs.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = runs[middle].AppendTimeUnixMs < timeUnixMs ? (middle + 1, high) : (low, middle);
        }

        return Math.Clamp(low < runs.Length ? segment.FirstOffset + runs[low].FirstIndex : segment.EndOffset, Start, Limit);
    }

    /// <summary>The segment that holds <paramref name="offset"/>, which is not below the start; it may be read after the gate is left, below the read limit.</summary>
    public Segment? SegmentAt(long offset) => offset < Limit ? _segments[LastSegment(candidate => candidate.FirstOffset <= offset)] : null;

    /// <summary>The offset after <paramref name="position"/> if the run at <paramref name="offset"/> holds it and goes on.</summary>
    private long? Within(long offset, Position position)
    {
        var (segment, index) = RunAt(offset);
        var run = segment.Runs[index];
        var next = run.FirstIndex + (position.Sequence - run.FirstSequence) + 1;
        return run.Incarnation == position.Incarnation && next < segment.RunEnd(index) ? segment.FirstOffset + next : null;
    }

    private (Segment Segment, int Run) RunAt(long offset)
    {
        var segment = _segments[LastSegment(candidate => candidate.FirstOffset <= offset)];
        return (segment, segment.RunAt((int)(offset - segment.FirstOffset)));
    }

    /// <summary>The number of the last segment for which <paramref name="holds"/>, which holds for a front of them; -1 if for none.</summary>
    private int LastSegment(Func<Segment, bool> holds)
    {
        var (low, high) = (0, _segments.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = holds(_segments[middle]) ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }
}
