using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Topics;

/// <summary>A topic's part of a segment that has no footer yet. Once the topic is known to readers, guarded by the topic's gate.</summary>
internal sealed class OpenSlice(TopicName topic, SegmentFile segment)
{
    private RunDescriptor[] _changes = [];
    private RunDescriptor[] _runs = [];
    private int _runCount;
    private List<KeyValuePair<NodeId, Position>>? _before;

    public TopicName Topic { get; } = topic;

    public SegmentFile Segment { get; } = segment;

    /// <summary>The head that was carried forward into this segment: it precedes all runs here. Null where there was no need.</summary>
    public TopicHead? Head { get; set; }

    /// <summary>The runs that cover offsets, in order of their offsets. Take it under the gate, use it outside: a run never changes once it is here.</summary>
    public ArraySegment<RunDescriptor> Runs => new(_runs, 0, _runCount);

    /// <summary>
    /// What its trims and deletes come to: the one that moved the start furthest, and the last delete where that is another. Their order among <see cref="Runs"/> does
    /// not matter.
    /// </summary>
    public IReadOnlyList<RunDescriptor> Changes => _changes;

    /// <summary>The last group that has a run of the topic here which says where its offsets end.</summary>
    public long LastGroup { get; private set; }

    /// <summary>Bytes of its records.</summary>
    public long RecordBytes { get; private set; }

    /// <summary>Takes up a run that is no head.</summary>
    public void Add(in RunDescriptor run, long group)
    {
        // A trim does not say where the offsets end, so what was lost before it is still in doubt.
        LastGroup = run.Kind == RunKind.Trim ? LastGroup : Math.Max(LastGroup, group);
        if (run.Count == 0)
        {
            Change(run);
            return;
        }

        if (_runCount == _runs.Length)
        {
            // By replacement: readers go on in the array that they took.
            Array.Resize(ref _runs, Math.Max(1, 2 * _runCount));
        }

        _runs[_runCount++] = run;
        RecordBytes += run.Length;
    }

    /// <summary>A topic may be trimmed every few seconds for as long as the segment is written: only what counts is kept.</summary>
    private void Change(in RunDescriptor run)
    {
        var furthest = run;
        var delete = run.Kind == RunKind.Delete ? run : default(RunDescriptor?);
        for (var i = _changes.Length - 1; i >= 0; i--)
        {
            // Of two that go as far, the first one moved the start.
            furthest = _changes[i].FirstOffset >= furthest.FirstOffset ? _changes[i] : furthest;
            delete ??= _changes[i].Kind == RunKind.Delete ? _changes[i] : null;
        }

        _changes = delete is { } last && last != furthest ? [furthest, last] : [furthest];
    }

    /// <summary>Notes that its last group is <paramref name="group"/> or later.</summary>
    public void Reach(long group) => LastGroup = Math.Max(LastGroup, group);

    /// <summary>Where an origin stood before its first record here; false when it has none here.</summary>
    public bool TryGetBefore(NodeId origin, out Position before)
    {
        foreach (var (node, position) in _before ?? [])
        {
            if (node == origin)
            {
                before = position;
                return true;
            }
        }

        before = default;
        return false;
    }

    /// <summary>Notes where <paramref name="origin"/> stands, unless it has a record here already.</summary>
    public void NoteBefore(NodeId origin, Position position)
    {
        if (!TryGetBefore(origin, out _))
        {
            (_before ??= []).Add(new(origin, position));
        }
    }
}
