using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;

namespace EventMesh.Storage.Tests.Files.Reading;

/// <summary>What a topic's log holds, as a plain list: what <see cref="FileTopicReaderModelTests"/> expects of the reader.</summary>
internal sealed class TopicModel
{
    private readonly List<ModelRun> _runs = [];

    public IReadOnlyList<ModelRun> Runs => _runs;

    public long Start { get; private set; }

    public long Limit { get; private set; }

    public long TrimmedAtUnixMs { get; private set; }

    public long LastAppendUnixMs => _runs.Count == 0 ? 0 : _runs[^1].AppendTimeUnixMs;

    public void Add(ModelRun run)
    {
        _runs.Add(run);
        Limit = run.End;
    }

    public void Trim(long start, long timeUnixMs) => (Start, TrimmedAtUnixMs) = start > Start ? (start, timeUnixMs) : (Start, TrimmedAtUnixMs);

    public void Damage(int run) => _runs[run] = _runs[run] with { IsDamaged = true };

    public Position FlushedPosition(NodeId origin) => LastBelow(origin, Limit);

    public Position PositionBefore(NodeId origin, long offset) => LastBelow(origin, Math.Clamp(offset, Start, Limit));

    public long OffsetAfter(NodeId origin, Position position)
    {
        var below = LastBelow(origin, Start);
        position = below > position ? below : position;
        foreach (var run in _runs.Where(run => run.Has(origin)))
        {
            for (var offset = run.First; offset < run.End; offset++)
            {
                if (run.PositionAt(offset) > position)
                {
                    return Math.Max(offset, Start);
                }
            }
        }

        return Limit;
    }

    public long OffsetAtTime(long timeUnixMs)
    {
        if (timeUnixMs > LastAppendUnixMs)
        {
            return Limit;
        }

        var end = _runs.Where(run => run.AppendTimeUnixMs < timeUnixMs).Select(static run => run.End).LastOrDefault();
        return Math.Clamp(end, Start, Limit);
    }

    /// <summary>What a read returns, in words; the last of them say where the next begins.</summary>
    public List<string> Read(long from, int maxBytes, int maxRecords)
    {
        var batch = new ModelBatch(from, maxBytes, maxRecords);
        if (from < Start)
        {
            batch.Add(Start, $"gap  none@{TrimmedAtUnixMs} [{new Gap(default, Position.None, Position.None, GapReason.Trimmed)}]", 0);
        }

        foreach (var run in _runs.SkipWhile(run => run.End <= batch.Next))
        {
            if ((run.First > batch.Next && !batch.AddHole(run.First)) || !Add(batch, run))
            {
                break;
            }
        }

        return [.. batch.Lines, $"next {batch.Next}"];
    }

    /// <summary>A record that was read, in the words of <see cref="Read"/>.</summary>
    public static string Describe(EventRecord record) =>
        record is { Kind: RecordKind.Gap, Origin.IsEmpty: true } && GapBody.Decode(record.Body.Span).Reason == GapReason.Corrupt
            ? $"{record.Offset}-{record.Next} hole"
            : $"{record.Offset}-{record.Next} {Describe(record.Kind == RecordKind.Gap, record.Origin, record.Position, record.TimeUnixMs, record.Body.Span)}";

    private bool Add(ModelBatch batch, ModelRun run)
    {
        if (run is { Kind: RunKind.Lost, FirstPosition.IsNone: true })
        {
            return batch.AddHole(run.End);
        }

        if (run.Kind == RunKind.Lost || run.IsDamaged)
        {
            var before = LastBelow(run.Origin, run.Kind == RunKind.Events ? batch.Next : run.First);
            return batch.Add(run.End, $"gap {run.Origin} {run.Last}@{run.AppendTimeUnixMs} [{new Gap(run.Origin, before, run.Last, GapReason.Corrupt)}]", 0);
        }

        var isAdded = true;
        while (isAdded && batch.Next < run.End)
        {
            var index = (int)(batch.Next - run.First);
            var body = run.Bodies[index];
            var what = Describe(run.Kind == RunKind.Gap, run.Origin, run.PositionAt(batch.Next), run.Times[index], body);
            isAdded = batch.Add(batch.Next + 1, what, body.Length);
        }

        return isAdded;
    }

    private static string Describe(bool isGap, NodeId origin, Position position, long time, ReadOnlySpan<byte> body) =>
        $"{(isGap ? "gap" : "event")} {origin} {position}@{time} {(isGap ? $"[{GapBody.Decode(body)}]" : Convert.ToHexString(body))}";

    private Position LastBelow(NodeId origin, long offset) =>
        _runs.LastOrDefault(run => run.Has(origin) && run.First < offset) is { } last ? last.PositionAt(Math.Min(offset, last.End) - 1) : Position.None;
}

/// <summary>The limits of a read, and what it has returned so far.</summary>
internal sealed class ModelBatch(long from, int maxBytes, int maxRecords)
{
    private int _bytesLeft = maxBytes;
    private bool _endsWithHole;

    public List<string> Lines { get; } = [];

    public long Next { get; private set; } = from;

    /// <summary>Adds a line up to <paramref name="end"/>; false when there is no room.</summary>
    public bool Add(long end, string what, int bytes)
    {
        if (Lines.Count > 0 && (Lines.Count == maxRecords || bytes > _bytesLeft))
        {
            return false;
        }

        Lines.Add($"{Next}-{end} {what}");
        _bytesLeft -= bytes;
        (Next, _endsWithHole) = (end, false);
        return true;
    }

    /// <summary>Adds lost offsets of which nothing is known; those that follow each other are one gap.</summary>
    public bool AddHole(long end)
    {
        if (_endsWithHole)
        {
            Lines[^1] = $"{Lines[^1].Split('-')[0]}-{end} hole";
            Next = end;
            return true;
        }

        _endsWithHole = Add(end, "hole", 0);
        return _endsWithHole;
    }
}

/// <summary>A run of a <see cref="TopicModel"/>.</summary>
internal sealed record ModelRun(
    RunKind Kind, long First, long End, NodeId Origin, Position FirstPosition, long AppendTimeUnixMs, byte[][] Bodies, long[] Times)
{
    public bool IsDamaged { get; init; }

    public Position Last => PositionAt(End - 1);

    public bool Has(NodeId origin) => !FirstPosition.IsNone && Origin == origin;

    public Position PositionAt(long offset) =>
        Kind == RunKind.Events ? new Position(FirstPosition.Incarnation, FirstPosition.Sequence + offset - First) : FirstPosition;
}
