using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Reading;

/// <summary>Searches in the runs that a segment has of a topic: in order of their offsets, with holes where something was lost.</summary>
internal static class RunSearch
{
    /// <summary>The last run that begins at or below <paramref name="offset"/>; -1 if there is none.</summary>
    public static int LastFrom(ReadOnlySpan<RunDescriptor> runs, long offset)
    {
        var (low, high) = (0, runs.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = runs[middle].FirstOffset <= offset ? (middle + 1, high) : (low, middle);
        }

        return low - 1;
    }

    /// <summary>The first run that was appended at or after <paramref name="timeUnixMs"/>; the count of runs if there is none.</summary>
    public static int FirstSince(ReadOnlySpan<RunDescriptor> runs, long timeUnixMs)
    {
        var (low, high) = (0, runs.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = runs[middle].AppendTimeUnixMs < timeUnixMs ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>The last run of <paramref name="origin"/> that begins below <paramref name="offset"/>; -1 if there is none.</summary>
    public static int LastBelow(ReadOnlySpan<RunDescriptor> runs, RunOrigin origin, long offset)
    {
        var index = LastFrom(runs, offset - 1);
        while (index >= 0 && !origin.Has(runs[index]))
        {
            index--;
        }

        return index;
    }

    /// <summary>The first run of <paramref name="origin"/> that ends above <paramref name="position"/>; -1 if there is none.</summary>
    public static int FirstAbove(ReadOnlySpan<RunDescriptor> runs, RunOrigin origin, Position position)
    {
        // Positions of one origin never decrease, but its runs lie between those of others.
        var found = -1;
        var (low, high) = (0, runs.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            var probe = middle;
            while (probe < high && !origin.Has(runs[probe]))
            {
                probe++;
            }

            if (probe == high)
            {
                high = middle;
            }
            else if (runs[probe].Last > position)
            {
                (found, high) = (probe, middle);
            }
            else
            {
                low = probe + 1;
            }
        }

        return found;
    }

    /// <summary>The position of the last record of <paramref name="run"/> below <paramref name="offset"/>, which is above its first offset.</summary>
    public static Position PositionBefore(in RunDescriptor run, long offset) =>
        run.Kind == RunKind.Events
            ? new Position(run.First.Incarnation, run.First.Sequence + Math.Min(run.EndOffset, offset) - run.FirstOffset - 1)
            : run.First;

    /// <summary>The offset of the first record of <paramref name="run"/> above <paramref name="position"/>, which is below its last.</summary>
    public static long OffsetAfter(in RunDescriptor run, Position position) =>
        run.Kind == RunKind.Events && position >= run.First ? run.FirstOffset + position.NextSequence - run.First.Sequence : run.FirstOffset;
}

/// <summary>An origin as runs name it: this node's own runs name none.</summary>
/// <param name="Node">The origin.</param>
/// <param name="IsOwn">Whether it is this node.</param>
internal readonly record struct RunOrigin(NodeId Node, bool IsOwn)
{
    /// <summary>Whether <paramref name="run"/> has records of this origin, or stands for some.</summary>
    public bool Has(in RunDescriptor run) => !run.First.IsNone && (run.Origin.IsEmpty ? IsOwn : run.Origin == Node);
}
