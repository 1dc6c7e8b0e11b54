using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Memory;

/// <summary>One topic's records, heads and positions. Every member but the constants is used under <see cref="Gate"/>.</summary>
internal sealed partial class TopicLog(TopicName topic, int segmentBytes, int maxOrigins)
{
    private readonly Dictionary<NodeId, OriginLog> _origins = [];
    private readonly Deque<Segment> _segments = new();

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

    /// <summary>Bytes of bodies.</summary>
    public long Bytes { get; private set; }

    /// <summary>What the topic counts for in the limits.</summary>
    public long Cost { get; private set; }

    /// <summary>When retention last moved <see cref="Start"/>.</summary>
    public long TrimmedAtUnixMs { get; private set; }

    /// <summary>The view that has records of this topic in the group that gathers; the topic is in that group once per view.</summary>
    public object? GatheringFor { get; set; }

    /// <summary>The oldest segment, if all its records are flushed; it may be dropped.</summary>
    public Segment? Droppable => _segments.Count > 0 && _segments[0].EndOffset <= Limit ? _segments[0] : null;

    public bool HasOneSegment => _segments.Count == 1;

    private Segment Last => _segments[_segments.Count - 1];

    public Position Held(NodeId origin) => _origins.TryGetValue(origin, out var log) ? log.Last : Position.None;

    /// <exception cref="EventMeshException"><c>LogFull</c>: too many origins.</exception>
    public OriginLog OriginOf(NodeId node)
    {
        if (_origins.TryGetValue(node, out var origin))
        {
            return origin;
        }

        if (_origins.Count >= maxOrigins)
        {
            throw new EventMeshException(
                MeshErrorCode.LogFull, $"Topic '{Topic}' holds events of {maxOrigins} nodes, which is the limit; '{node}' would be one more.");
        }

        origin = new OriginLog(node);
        _origins.Add(node, origin);
        return origin;
    }

    /// <summary>Appends a record whose place in its origin's numbering has been decided. Returns a segment if one began with it.</summary>
    public Segment? Append(in Run run, ReadOnlySpan<byte> body)
    {
        Segment? begun = null;
        if (_segments.Count == 0 || (Last.Count > 0 && Last.Cost + body.Length > segmentBytes))
        {
            // Most topics are small: only one that has filled a segment gets the next one in full size at once.
            begun = new Segment(this, Next, _segments.Count == 0 ? 0 : segmentBytes);
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
        Bytes += body.Length;
        Cost += segment.Cost - before;
        return begun;
    }

    /// <summary>Makes everything handed over readable.</summary>
    public void Flush()
    {
        Limit = Next;
        GatheringFor = null;
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
        Start = segment.EndOffset;
        Bytes -= segment.Bytes;
        Cost -= segment.Cost;
        TrimmedAtUnixMs = nowUnixMs;
    }

    /// <summary>Forgets what was never flushed, as a power failure does. Returns the segments that are gone with it.</summary>
    public List<Segment> LoseUnflushed()
    {
        var lost = new List<Segment>();
        while (_segments.Count > 0 && Last.EndOffset > Limit)
        {
            var segment = Last;
            Bytes -= segment.Bytes;
            Cost -= segment.Cost;
            LoseRuns(segment);
            segment.Truncate((int)Math.Max(0, Limit - segment.FirstOffset));
            Bytes += segment.Bytes;
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
        foreach (var origin in _origins.Values)
        {
            origin.Last = PositionBefore(origin.Node, Limit);
        }

        return lost;
    }

    private void LoseRuns(Segment segment)
    {
        for (var run = segment.Runs.Length - 1; run >= 0 && segment.FirstOffset + segment.Runs[run].FirstIndex >= Limit; run--)
        {
            segment.Runs[run].Origin.Runs.DropLast();
        }
    }
}
