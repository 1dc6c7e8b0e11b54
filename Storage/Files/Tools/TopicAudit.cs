using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Follows a topic along the journal and says where it does not go on as it must. Shares nothing with what the node itself keeps of a topic, so it can contradict it. Not thread-safe.</summary>
internal sealed class TopicAudit
{
    private OriginTrail[] _origins = [];
    private int _originCount;
    private bool _isLastAppendExact;

    /// <summary>The offset after the last record so far; -1 while that is not known.</summary>
    public long Next { get; private set; } = -1;

    /// <summary>The first offset that is held, as far as is known.</summary>
    public long Start { get; private set; }

    /// <summary>The time of the last append, or one before it.</summary>
    public long LastAppendUnixMs { get; private set; }

    /// <summary>The last offsets that no record covers. All right if retention took them: then the start has moved beyond.</summary>
    public OffsetHole Hole { get; private set; }

    /// <summary>The last group with a run of the topic; 0 while that is not known.</summary>
    public long LastGroup { get; private set; }

    /// <summary>The segment that the following is about.</summary>
    public long Segment { get; private set; }

    /// <summary>Runs with offsets in the segment.</summary>
    public int Runs { get; private set; }

    /// <summary>Stands for these runs: equal where they are.</summary>
    public ulong Digest { get; private set; }

    /// <summary>The first offset in the segment; -1 for none.</summary>
    public long FirstOffset { get; private set; }

    /// <summary>Bytes of records in the segment.</summary>
    public long RecordBytes { get; private set; }

    /// <summary>Begins the topic's part of a segment; false when it has begun already.</summary>
    public bool Begin(long segment)
    {
        if (Segment == segment)
        {
            return false;
        }

        (Segment, Runs, Digest, FirstOffset, RecordBytes) = (segment, 0, 0, -1, 0);
        return true;
    }

    /// <summary>Takes up a run with offsets; what is wrong with it, or null.</summary>
    public string? ApplyRecords(in RunDescriptor run, long group, NodeId origin, bool isOwn)
    {
        (Runs, Digest, RecordBytes) = (Runs + 1, Mix(Digest, run), RecordBytes + run.Length);
        FirstOffset = FirstOffset < 0 ? run.FirstOffset : FirstOffset;
        if (run.FirstOffset > Math.Max(Next, 0))
        {
            Jump(run.FirstOffset, run.Position, group);
        }

        LastGroup = group;
        var problem = run.FirstOffset < Next ? $"offsets {run.FirstOffset} to {Math.Min(run.EndOffset, Next) - 1} are given twice"
            : run.AppendTimeUnixMs < LastAppendUnixMs ? $"the time of its append, {run.AppendTimeUnixMs}, is before that of the last one, {LastAppendUnixMs}"
            : null;
        Next = Math.Max(Next, run.EndOffset);
        (LastAppendUnixMs, _isLastAppendExact) = (Math.Max(LastAppendUnixMs, run.AppendTimeUnixMs), true);
        return run.First.IsNone ? problem : problem ?? Move(run, origin, isOwn);
    }

    /// <summary>Takes up a trim or delete; what is wrong with it, or null.</summary>
    public string? ApplyTrim(in RunDescriptor run, long group)
    {
        Start = Math.Max(Start, run.FirstOffset);
        if (run.FirstOffset > Next && Next >= 0)
        {
            Jump(run.FirstOffset, run.Position, group);
        }

        LastGroup = group;
        return Next >= 0 && run.Kind == RunKind.Delete && run.FirstOffset != Next ? $"it is deleted at {run.FirstOffset} while its next offset is {Next}" : null;
    }

    /// <summary>Compares a head with what the records before it say, and takes up what they do not; what does not agree, or null.</summary>
    /// <param name="head">The head.</param>
    /// <param name="position">Where in the segment it is.</param>
    /// <param name="group">The group that it came in, or the last one before it.</param>
    /// <param name="isExact">Whether nothing before it in the segment was damaged; else it knows better.</param>
    public string? ApplyHead(TopicHead head, long position, long group, bool isExact)
    {
        var problem = !isExact ? null
            : head.Next < Next || (head.Next > Next && Runs > 0) ? $"the next offset is {head.Next} in its head and {Next} by its records"
            : head.Start < Start ? $"the start is {head.Start} in its head and {Start} by its records"
            : head.Next == Next && _isLastAppendExact && head.LastAppendUnixMs != LastAppendUnixMs
                ? $"the last append is at {head.LastAppendUnixMs} in its head and at {LastAppendUnixMs} by its records"
            : null;
        if (problem is null && head.Next > Next && Next >= 0)
        {
            // Segments between may be gone, and the records in them with all right.
            Jump(head.Next, position, group);
        }

        foreach (var (origin, held) in head.Positions)
        {
            ref var trail = ref Trail(origin, out var isNew);
            isNew |= trail.IsStale;
            problem ??= isExact && !isNew && trail.Last != held ? $"the position of '{origin}' is {held} in its head and {trail.Last} by its records" : null;
            (trail.Last, trail.IsStale) = (isNew || !isExact ? held : trail.Last, false);
        }

        (Next, Start) = (Math.Max(Next, head.Next), Math.Max(Start, head.Start));
        (LastAppendUnixMs, _isLastAppendExact) = (Math.Max(LastAppendUnixMs, head.LastAppendUnixMs), true);
        return problem;
    }

    /// <summary>What does not agree between a section's positions before its first records and those seen; null when all does.</summary>
    public string? CompareBefore(IReadOnlyList<KeyValuePair<NodeId, Position>> before)
    {
        foreach (var (origin, position) in before)
        {
            ref var trail = ref Trail(origin, out var isNew);
            if (!isNew && trail.Segment == Segment && trail.IsBeforeKnown && trail.Before != position)
            {
                return $"before the segment '{origin}' stood at {position} by its footer and at {trail.Before} by its records";
            }
        }

        return null;
    }

    /// <summary>A hole that a footer accounts for with lost records is none.</summary>
    public void Explain(long start, long end)
    {
        if (start <= Hole.Start && end >= Hole.End)
        {
            Hole = default;
        }
    }

    /// <summary>Adds a run to a digest.</summary>
    public static ulong Mix(ulong digest, in RunDescriptor run) =>
        (digest * 0x9E37_79B9_7F4A_7C15) + (uint)run.GetHashCode() + ((ulong)run.Position << 32);

    /// <summary>Goes on at an offset beyond the next: the records between are missing, unless retention took them.</summary>
    private void Jump(long offset, long position, long group)
    {
        Hole = new OffsetHole(Math.Max(Next, 0), offset, Segment, position, LastGroup, group);
        (Next, _isLastAppendExact) = (offset, false);
        foreach (ref var trail in _origins.AsSpan(0, _originCount))
        {
            trail.IsStale = true;
        }
    }

    /// <summary>Moves an origin's position; what is wrong with that, or null.</summary>
    private string? Move(in RunDescriptor run, NodeId origin, bool isOwn)
    {
        ref var trail = ref Trail(origin, out var isNew);
        var last = trail.Last;
        isNew |= trail.IsStale;
        if (trail.Segment != Segment)
        {
            (trail.Segment, trail.Before, trail.IsBeforeKnown) = (Segment, last, !isNew);
        }

        (trail.Last, trail.IsStale) = (run.Last, false);
        if (isNew)
        {
            return null;
        }

        if (run.Kind != RunKind.Events)
        {
            return run.First < last ? $"a gap of '{origin}' ends at {run.First} behind its position {last}" : null;
        }

        var isDense = run.First.Sequence == last.NextSequence;
        return run.First.Incarnation < last.Incarnation || (run.First.Incarnation == last.Incarnation && run.First <= last)
            ? $"'{origin}' goes back from {last} to {run.First}"
            : !isDense && (isOwn || run.First.Incarnation == last.Incarnation) ? $"after {last} of '{origin}' comes {run.First}" : null;
    }

    private ref OriginTrail Trail(NodeId origin, out bool isNew)
    {
        for (var i = 0; i < _originCount; i++)
        {
            if (_origins[i].Origin == origin)
            {
                isNew = false;
                return ref _origins[i];
            }
        }

        if (_originCount == _origins.Length)
        {
            Array.Resize(ref _origins, Math.Max(1, 2 * _originCount));
        }

        isNew = true;
        _origins[_originCount].Origin = origin;
        return ref _origins[_originCount++];
    }

    /// <summary>Where an origin stands, and where it stood before a segment; stale where records are missing that may have moved it.</summary>
    private record struct OriginTrail(NodeId Origin, Position Last, bool IsStale, Position Before, bool IsBeforeKnown, long Segment);
}

/// <summary>Offsets of a topic that no record covers.</summary>
/// <param name="Start">The first of them.</param>
/// <param name="End">The offset that the topic goes on at; 0 for no hole.</param>
/// <param name="Segment">The segment in which it goes on.</param>
/// <param name="Position">Where in that.</param>
/// <param name="GroupBefore">The last group before with a run of the topic; 0 where that is not known.</param>
/// <param name="GroupAfter">The group in which it goes on.</param>
internal readonly record struct OffsetHole(long Start, long End, long Segment, long Position, long GroupBefore, long GroupAfter);
