using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Finds out what segments that are not there any more have taken along, though nobody gave them up. Not thread-safe.</summary>
/// <remarks>
/// A segment that is given up held nothing, so no topic misses it. Which records a lost one held is known from the checkpoint, or from the hole in the
/// offsets of topics that go on behind it; where neither can name all of them, the topics that do not go on are in doubt.
/// </remarks>
/// <param name="segments">The segments that are there, read, in order of their numbers.</param>
/// <param name="state">The store's state.</param>
/// <param name="checkpoint">The checkpoint, if there is a sound one.</param>
/// <param name="damage">Hears of what is found.</param>
/// <param name="lost">Hears of groups whose topics are not known.</param>
internal sealed class MissingSegments(
    IReadOnlyList<SegmentFile> segments, StoreState state, CheckpointContent? checkpoint, DamageReport damage, LostGroups lost)
{
    private readonly HashSet<long> _there = [.. segments.Select(static segment => segment.Number)];
    private readonly SortedDictionary<long, (int Topics, string Example)> _losses = [];
    private readonly long _lastExpected = Math.Max(state.LastSegment, checkpoint?.LastSegment ?? 0);

    /// <summary>Reports what is missing.</summary>
    /// <param name="topics">The topics, as all segments and the checkpoint have them.</param>
    /// <param name="knownFlushed">The greatest group that anything calls flushed.</param>
    /// <param name="wasClosed">Whether the journal ended there.</param>
    public void Check(TopicCollector topics, long knownFlushed, bool wasClosed)
    {
        foreach (var (name, topic) in topics.All)
        {
            foreach (var gap in topic.Gaps())
            {
                if (LastMissing(gap) is { } number)
                {
                    var (count, example) = _losses.GetValueOrDefault(number);
                    _losses[number] = (count + 1, example ?? $"'{name}' from offset {gap.From} to {gap.To - 1}");
                }
            }
        }

        foreach (var (number, (count, example)) in _losses)
        {
            Report(number, $"{count} topics have lost records with it, such as {example}: readers get a gap in their place");
        }

        CheckBetween();
        CheckEnd(knownFlushed, wasClosed);
    }

    /// <summary>The last segment that is not there and can have held what a gap names: the earlier ones are more likely to have been given up.</summary>
    private long? LastMissing(SliceGap gap)
    {
        var number = Math.Min(gap.LastSegment, Math.Max(_lastExpected, segments.Count == 0 ? 0 : segments[^1].Number));
        while (number >= gap.FirstSegment && _there.Contains(number))
        {
            number--;
        }

        return number >= gap.FirstSegment ? number : null;
    }

    /// <summary>Segments that are missing in the middle, that no checkpoint knows and that nobody gave up.</summary>
    private void CheckBetween()
    {
        var known = Math.Max(state.DroppedSegment, checkpoint?.LastSegment ?? 0);
        for (var i = 1; i < segments.Count; i++)
        {
            var (before, after) = (segments[i - 1], segments[i]);
            var missing = after.Number - Math.Max(before.Number, known) - 1;
            if (missing > 0 && after.Header.FirstGroup > before.LastGroup + 1 && !after.Header.IsRewritten)
            {
                Lose(after.Number - missing, missing, before.LastGroup + 1, after.Header.FirstGroup - 1);
            }
        }
    }

    /// <summary>Segments that were begun behind the last one there is, or groups that were flushed and that it does not have.</summary>
    private void CheckEnd(long knownFlushed, bool wasClosed)
    {
        var (lastNumber, lastGroup) = segments.Count == 0 ? (0, 0) : (segments[^1].Number, segments[^1].LastGroup);
        var missing = _lastExpected - Math.Max(lastNumber, state.DroppedSegment);
        if (missing <= 0 && (knownFlushed <= lastGroup || lastNumber < state.DroppedSegment))
        {
            return;
        }

        if (checkpoint?.LastSegment >= _lastExpected)
        {
            Report(lastNumber + 1, "what the topics had in it is known from the checkpoint; positions of other nodes and producers that no other segment has are forgotten");
            return;
        }

        // Where the store was not closed, nobody knows how many groups there were; as many as fit.
        missing = Math.Max(1, missing);
        Lose(lastNumber + 1, missing, lastGroup + 1, wasClosed ? knownFlushed : Math.Max(knownFlushed, lastGroup + (missing * LostGroups.MaxSegmentBytes / GroupHeader.Bytes)));
    }

    private void Lose(long number, long count, long firstGroup, long lastGroup)
    {
        lost.Add(lastGroup, count * LostGroups.MaxSegmentBytes);
        Report(number, $"groups {firstGroup} to {lastGroup} are lost with it and what follows it: topics that do not go on behind them skip offsets before they do");
    }

    private void Report(long number, string what) => damage.OnDamaged(SegmentFile.NameOf(number), 0, 0, $"the file is missing; {what}");
}
