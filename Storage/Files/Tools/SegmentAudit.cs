using EventMesh.Core.Encoding;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Checks the groups of one segment after the other: every byte of them, and whether each topic goes on as it must. Not thread-safe.</summary>
/// <param name="node">Whose store it is.</param>
/// <param name="findings">Hears of what is wrong.</param>
/// <param name="progress">Hears of how far it is.</param>
internal sealed class SegmentAudit(NodeId node, FindingBox findings, ProgressMeter progress)
{
    private const string RestoreAdvice =
        "Restore the store from a backup to have them again; without one, start the node: it says what is lost, and readers get a gap in their place.";

    private readonly Dictionary<TopicName, TopicAudit> _topics = [];
    private readonly List<(long First, long Last)> _knownLosses = [];
    private ToolSegment _segment = null!;
    private FileWindow _content = null!;

    /// <summary>The topics so far.</summary>
    public IReadOnlyDictionary<TopicName, TopicAudit> Topics => _topics;

    /// <summary>Topics that the last segment has something of.</summary>
    public int Touched { get; private set; }

    public long Groups { get; private set; }

    public long Runs { get; private set; }

    public long Events { get; private set; }

    /// <summary>The greatest incarnation that any own event names.</summary>
    public Incarnation LastIncarnation { get; private set; }

    /// <summary>Checks the groups of a segment.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="mayBeTorn">Whether its last group may be one that was never acknowledged.</param>
    /// <param name="knownFlushed">The last group that anything else calls flushed.</param>
    public SegmentVerdict Check(ToolSegment segment, bool mayBeTorn, long knownFlushed)
    {
        (_segment, Touched) = (segment, 0);
        var scanner = new SteadyScanner(segment);
        _content = new FileWindow(segment.File.File, long.MaxValue);
        var verdict = new SegmentVerdict(scanner.LastNumber, scanner.Position, scanner.KnownFlushed, IsExact: true);
        while (scanner.Next() is { } group)
        {
            verdict = verdict with { KnownFlushed = Math.Max(verdict.KnownFlushed, scanner.KnownFlushed) };
            if (scanner.IsAtTail && mayBeTorn && group.LastNumber > Math.Max(knownFlushed, verdict.KnownFlushed))
            {
                findings.Note(
                    segment.File.Name, group.Position, $"Group {group.LastNumber} is not whole and is not checked: it is just being written, or its writing was cut short. It was never acknowledged.");
                return verdict;
            }

            verdict = verdict with
            {
                LastGroup = group.LastNumber,
                End = scanner.Position,
                IsExact = verdict.IsExact && group.State == GroupState.Sound,
            };
            Check(group);
            progress.Reach(segment.File.Name, group.Length);
        }

        return verdict;
    }

    /// <summary>Whether groups that the node knows to be lost may have held what is missing.</summary>
    public bool IsKnownLoss(in OffsetHole hole)
    {
        foreach (var (first, last) in _knownLosses)
        {
            if (last > hole.GroupBefore && first < hole.GroupAfter)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The topic, which comes to be if there is none.</summary>
    public TopicAudit TopicOf(TopicName name)
    {
        if (!_topics.TryGetValue(name, out var topic))
        {
            topic = new TopicAudit();
            _topics.Add(name, topic);
        }

        return topic;
    }

    private void Check(in ScannedGroup group)
    {
        if (group.State is GroupState.TableDamaged or GroupState.Missing)
        {
            var isKnown = findings.Damage(
                _segment.File.Name,
                group.Position,
                group.LastNumber < group.FirstNumber ? $"{group.Length} bytes between groups are none; no group is missing."
                    : $"Groups {group.FirstNumber} to {group.LastNumber} are damaged, with the tables that say what they held: {group.Length} bytes.",
                RestoreAdvice);
            if (isKnown && _knownLosses.Count < FindingBox.MaxKept)
            {
                _knownLosses.Add((group.FirstNumber, group.LastNumber));
            }

            return;
        }

        Groups++;
        foreach (var scanned in group.Runs)
        {
            Runs++;
            var topic = TopicOf(scanned.Topic);
            Touched += topic.Begin(_segment.File.Number) ? 1 : 0;
            var problem = scanned.Run.Kind == RunKind.Head ? CheckHead(topic, scanned, group.LastNumber) : CheckRun(topic, scanned, group.LastNumber);
            if (problem is not null)
            {
                findings.Damage(
                    _segment.File.Name, scanned.Run.Position, $"Topic '{scanned.Topic}', group {group.LastNumber}: {problem}.", "The bytes are as they were written: report it with the segment.");
            }
        }
    }

    private string? CheckRun(TopicAudit topic, in ScannedRun scanned, long group)
    {
        var run = scanned.Run;
        if (!scanned.IsSound)
        {
            findings.Damage(
                _segment.File.Name, run.Position, $"The records of topic '{scanned.Topic}' at offsets {run.FirstOffset} to {run.EndOffset - 1} are damaged: {run.Length} bytes.", RestoreAdvice);
        }
        else if (run.Length > 0 && RecordCheck.Check(run, _content.Get(run.Position, run.Length)) is { } unreadable)
        {
            findings.Damage(
                _segment.File.Name, run.Position, $"The records of topic '{scanned.Topic}' at offsets {run.FirstOffset} to {run.EndOffset - 1} cannot be read: {unreadable}",
                "The bytes are as they were written: report it with the segment.");
        }

        if (run.Count == 0)
        {
            return topic.ApplyTrim(run, group);
        }

        Events += run.Kind == RunKind.Events ? run.Count : 0;
        var isOwn = run.Origin.IsEmpty || run.Origin == node;
        if (isOwn && run.First.Incarnation > LastIncarnation)
        {
            LastIncarnation = run.First.Incarnation;
        }

        return topic.ApplyRecords(run, group, isOwn ? node : run.Origin, isOwn);
    }

    private string? CheckHead(TopicAudit topic, in ScannedRun scanned, long group)
    {
        if (!scanned.IsSound)
        {
            findings.Damage(
                _segment.File.Name, scanned.Run.Position, $"The head of topic '{scanned.Topic}' is damaged: {scanned.Run.Length} bytes.", RestoreAdvice);
            return null;
        }

        var cursor = new SpanCursor(_content.Get(scanned.Run.Position, scanned.Run.Length), "head", MeshErrorCode.LogCorrupted);
        try
        {
            var head = TopicHeadCodec.Read(ref cursor);
            return cursor.Remaining == 0 ? topic.ApplyHead(head, scanned.Run.Position, group, isExact: true) : "bytes follow its head";
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            return $"its head cannot be read: {e.Message}";
        }
    }
}

/// <summary>What the groups of a segment say.</summary>
/// <param name="LastGroup">The last of them.</param>
/// <param name="End">Where they end.</param>
/// <param name="KnownFlushed">The greatest group that one of them calls flushed.</param>
/// <param name="IsExact">Whether nothing in it is damaged, so that a footer must say the same.</param>
internal readonly record struct SegmentVerdict(long LastGroup, long End, long KnownFlushed, bool IsExact);
