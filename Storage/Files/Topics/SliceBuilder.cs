using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Topics;

/// <summary>Turns what a segment holds of a topic into the section of its footer.</summary>
internal static class SliceBuilder
{
    /// <summary>Computes a section.</summary>
    /// <param name="node">Whose store it is.</param>
    /// <param name="options">The store's options.</param>
    /// <param name="slice">What the segment holds; nobody adds to it any more.</param>
    /// <param name="before">The topic's head before the segment; null when there is none. A head that was carried into the segment takes its place.</param>
    public static SliceContent Build(NodeId node, FileStorageOptions options, OpenSlice slice, TopicHead? before)
    {
        var tracker = new HeadTracker(node, options);
        if ((slice.Head ?? before) is { } head)
        {
            tracker.Take(head);
        }

        // Most topics have one origin: a table is made for those that have more.
        KeyValuePair<NodeId, Position> first = default;
        Dictionary<NodeId, Position>? others = null;
        foreach (ref readonly var run in slice.Runs.AsSpan())
        {
            var origin = run.Origin.IsEmpty ? node : run.Origin;
            if (!run.First.IsNone && origin != first.Key)
            {
                var position = tracker.PositionOf(origin);
                if (first.Key.IsEmpty)
                {
                    first = new(origin, position);
                }
                else
                {
                    (others ??= []).TryAdd(origin, position);
                }
            }

            tracker.Apply(run, slice.LastGroup);
        }

        foreach (var change in slice.Changes)
        {
            tracker.Apply(change, slice.LastGroup);
        }

        var positions = first.Key.IsEmpty ? [] : others is null ? [first] : others.Append(first).OrderBy(static pair => pair.Key).ToArray();
        return new SliceContent(tracker.Build(), [.. slice.Runs], positions);
    }
}
