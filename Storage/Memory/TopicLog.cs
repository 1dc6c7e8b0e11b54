using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Memory;

/// <summary>One topic's records, heads and positions. Every member but the constants is used under <see cref="Gate"/>.</summary>
internal sealed partial class TopicLog(TopicName topic, MemoryStorageOptions options)
{
    private readonly Dictionary<NodeId, OriginLog> _origins = [];
    private readonly Deque<Segment> _segments = new();
    private ProducerLog? _producers;
    private long _bytes;
    private long _trimTo;
    private long _trimAtUnixMs;
    private long? _deletedAt;

    /// <summary>Guards the topic. Taken inside the store's gate, never around it.</summary>
    public Lock Gate { get; } = new();

    public TopicName Topic { get; } = topic;

    /// <summary>The newest writer's number.</summary>
    public Term Term { get; set; }

    /// <summary>The first offset that is held.</summary>
    public long Start { get; private set; }

    /// <summary>The offset after the last flushed record.</summary>
    public long Limit { get; set; }

    /// <summary>The offset that the next record gets.</summary>
    public long Next { get; private set; }

    /// <summary>Bytes of bodies from the start on.</summary>
    public long Bytes => _bytes - (_segments.Count == 0 ? 0 : _segments[0].BytesBefore((int)Math.Max(0, Start - _segments[0].FirstOffset)));

    /// <summary>What the topic counts for in the limits.</summary>
    public long Cost { get; private set; }

    /// <summary>When <see cref="Start"/> last moved.</summary>
    public long TrimmedAtUnixMs { get; private set; }

    /// <summary>The view that has records of this topic in the group that gathers; the topic is in that group once per view.</summary>
    public object? GatheringFor { get; set; }

    /// <summary>The oldest segment, if all its records are flushed; it may be dropped.</summary>
    public Segment? Droppable => _segments.Count > 0 && _segments[0].EndOffset <= Limit ? _segments[0] : null;

    public bool HasOneSegment => _segments.Count == 1;

    /// <summary>The oldest segment, if all its records lie below the start.</summary>
    public Segment? Trimmed => _segments.Count > 0 && _segments[0].EndOffset <= Start ? _segments[0] : null;

    /// <summary>Whether it was deleted, and nothing was flushed since.</summary>
    public bool IsDeleted => _deletedAt == Limit;

    /// <summary>Who appends under a name.</summary>
    public ProducerLog Producers => _producers ??= new ProducerLog(options);

    private Segment Last => _segments[_segments.Count - 1];

    public Position Held(NodeId origin) => _origins.TryGetValue(origin, out var log) ? log.Last : Position.None;

    /// <exception cref="EventMeshException"><c>LogFull</c>: too many origins.</exception>
    public OriginLog OriginOf(NodeId node)
    {
        if (_origins.TryGetValue(node, out var origin))
        {
            return origin;
        }

        if (_origins.Count >= options.MaxOriginsPerTopic)
        {
            throw new EventMeshException(
                MeshErrorCode.LogFull, $"Topic '{Topic}' holds events of {options.MaxOriginsPerTopic} nodes, which is the limit; '{node}' would be one more.");
        }

        origin = new OriginLog(node);
        _origins.Add(node, origin);
        return origin;
    }

    /// <summary>Appends a record whose place in its origin's numbering has been decided. Returns a segment if one began with it.</summary>
    public Segment? Append(in Run run, ReadOnlySpan<byte> body)
    {
        Segment? begun = null;
        if (_segments.Count == 0 || (Last.Count > 0 && Last.Cost + body.Length > options.SegmentBytes))
        {
            // Most topics are small: only one that has filled a segment gets the next one in full size at once.
            begun = new Segment(this, Next, _segments.Count == 0 ? 0 : options.SegmentBytes);
            _segments.Add(begun);
        }

        var segment = Last;
        var before = segment.Cost;
        if (segment.Add(run, body))
        {
            run.Origin.Runs.Add(Next);
        }

        run.Origin.Last = run.PositionAt(run.FirstIndex);
        Next++;
        _bytes += body.Length;
        Cost += segment.Cost - before;
        return begun;
    }

    /// <summary>Makes everything handed over readable.</summary>
    public void Flush()
    {
        Limit = Next;
        GatheringFor = null;
        _producers?.Flush();
        MoveStart();
    }

    /// <summary>Moves the start up to <paramref name="start"/>, but past what is not flushed yet only with the flush.</summary>
    public void TrimTo(long start, long nowUnixMs)
    {
        _trimTo = Math.Max(_trimTo, Math.Min(start, Next));
        _trimAtUnixMs = nowUnixMs;
        MoveStart();
    }

    /// <summary>Trims everything; the topic counts as deleted once that is flushed, until something else is.</summary>
    public void Delete(long nowUnixMs)
    {
        _deletedAt = Next;
        TrimTo(Next, nowUnixMs);
    }

    /// <summary>Drops the oldest segment and moves the start behind it.</summary>
    public void DropFirst(long nowUnixMs)
    {
        var segment = _segments[0];
        for (var run = 0; run < segment.Runs.Length; run++)
        {
            var origin = segment.Runs[run].Origin;
            origin.Runs.DropFirst();
            origin.Base = segment.Runs[run].PositionAt(segment.RunEnd(run) - 1);
        }

        _segments.DropFirst();
        _bytes -= segment.Bytes;
        Cost -= segment.Cost;
        if (segment.EndOffset > Start)
        {
            (Start, TrimmedAtUnixMs) = (segment.EndOffset, nowUnixMs);
        }
    }

    /// <summary>Forgets what was never flushed, as a power failure does. Returns the segments that are gone with it.</summary>
    public List<Segment> LoseUnflushed()
    {
        var lost = new List<Segment>();
        while (_segments.Count > 0 && Last.EndOffset > Limit)
        {
            var segment = Last;
            _bytes -= segment.Bytes;
            Cost -= segment.Cost;
            LoseRuns(segment);
            segment.Truncate((int)Math.Max(0, Limit - segment.FirstOffset));
            _bytes += segment.Bytes;
            Cost += segment.Cost;
            if (segment.Count > 0)
            {
                break;
            }

            lost.Add(segment);
            _segments.DropLast();
        }

        Next = Limit;
        GatheringFor = null;
        _producers?.LoseUnflushed();
        _trimTo = Math.Min(_trimTo, Limit);
        _deletedAt = _deletedAt > Limit ? null : _deletedAt;
        foreach (var origin in _origins.Values)
        {
            origin.Last = PositionBefore(origin.Node, Limit);
        }

        return lost;
    }

    private void MoveStart()
    {
        if (Math.Min(_trimTo, Limit) is var start && start > Start)
        {
            (Start, TrimmedAtUnixMs) = (start, _trimAtUnixMs);
        }
    }

    private void LoseRuns(Segment segment)
    {
        for (var run = segment.Runs.Length - 1; run >= 0 && segment.FirstOffset + segment.Runs[run].FirstIndex >= Limit; run--)
        {
            segment.Runs[run].Origin.Runs.DropLast();
        }
    }
}
