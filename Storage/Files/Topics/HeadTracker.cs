using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Files.Topics;

/// <summary>A topic's head as it moves along the journal: from that at an earlier place and the runs that follow. One thread at a time.</summary>
/// <remarks>
/// Writing, flushing, sealing and recovery all move a tracker of their own over the same runs, so they all say the same: a footer that is
/// rebuilt from the groups is the lost one.
/// </remarks>
/// <param name="node">Whose store it is: the origin of runs that name none.</param>
/// <param name="options">The bounds of producers.</param>
internal sealed class HeadTracker(NodeId node, FileStorageOptions options)
{
    private Dictionary<NodeId, Position>? _others;
    private ProducerTable? _producers;
    private IReadOnlyList<ProducerHead> _oldProducers = [];
    private long _deletedAtUnixMs;
    private long _deletedEnd;
    private long _endOfLastRun;

    /// <summary>The first offset that is held.</summary>
    public long Start { get; private set; }

    /// <summary>The offset that the next record gets.</summary>
    public long Next { get; private set; }

    /// <summary>The time of the last append, by the log's time; 0 for none.</summary>
    public long LastAppendUnixMs { get; private set; }

    /// <summary>When <see cref="Start"/> last moved.</summary>
    public long TrimmedAtUnixMs { get; private set; }

    /// <summary>When the topic was deleted; 0 if it was not, or was written again since.</summary>
    public long DeletedAtUnixMs => Next > _deletedEnd ? 0 : _deletedAtUnixMs;

    /// <summary>The last group with a run of the topic that says where its offsets end: any but a trim.</summary>
    public long LastGroup { get; private set; }

    /// <summary>The last position of this node's own events.</summary>
    public Position Own { get; private set; }

    /// <summary>Origins that have a position, this node left out.</summary>
    public int OtherOrigins => _others?.Count ?? 0;

    /// <summary>The producers that are remembered.</summary>
    public ProducerTable Producers => _producers ??= ProducerTable.From(_oldProducers, options.MaxProducersPerTopic, options.ProducerMemory);

    /// <summary>The last position of <paramref name="origin"/>.</summary>
    public Position PositionOf(NodeId origin) =>
        origin == node ? Own : _others is not null && _others.TryGetValue(origin, out var position) ? position : Position.None;

    /// <summary>Every origin that has a position, in ordinal order.</summary>
    public KeyValuePair<NodeId, Position>[] Positions()
    {
        if (OtherOrigins == 0)
        {
            return Own.IsNone ? [] : [new(node, Own)];
        }

        var positions = new List<KeyValuePair<NodeId, Position>>(OtherOrigins + 1);
        if (!Own.IsNone)
        {
            positions.Add(new(node, Own));
        }

        positions.AddRange(_others ?? []);
        positions.Sort(static (left, right) => left.Key.CompareTo(right.Key));
        return [.. positions];
    }

    /// <summary>Takes up what a head says, and forgets everything else.</summary>
    public void Take(TopicHead head)
    {
        (Start, Next, LastAppendUnixMs, TrimmedAtUnixMs) = (head.Start, head.Next, head.LastAppendUnixMs, head.TrimmedAtUnixMs);
        (_deletedAtUnixMs, LastGroup) = (head.DeletedAtUnixMs, head.LastGroup);
        _deletedEnd = head.DeletedAtUnixMs == 0 ? 0 : head.Next;
        _oldProducers = head.Producers;
        _producers = null;
        _others = null;
        Own = Position.None;
        foreach (var (origin, position) in head.Positions)
        {
            Move(origin, position);
        }
    }

    /// <summary>Goes at least as far as the flushed numbers of an idle topic; changes nothing where its head is what it was.</summary>
    public void Reach(TopicLog topic)
    {
        Start = Math.Max(Start, topic.Start);
        Next = Math.Max(Next, topic.Limit);
        LastAppendUnixMs = Math.Max(LastAppendUnixMs, topic.LastAppendUnixMs);
        Own = topic.Own > Own ? topic.Own : Own;
    }

    /// <summary>Takes up a run that follows; heads go to <see cref="Take"/>.</summary>
    /// <param name="run">The run.</param>
    /// <param name="group">Its group; 0 while it has none.</param>
    /// <param name="isRest">Whether it goes on with the batch that the last run began. Where runs have their places, these tell.</param>
    public void Apply(in RunDescriptor run, long group, bool isRest = false)
    {
        // A trim does not say where the offsets end, so what was lost before it is still in doubt.
        LastGroup = run.Kind == RunKind.Trim ? LastGroup : Math.Max(LastGroup, group);
        if (run.Kind is RunKind.Trim or RunKind.Delete)
        {
            ApplyTrim(run);
        }
        else if (run.Count > 0)
        {
            ApplyRecords(run, isRest);
        }
    }

    /// <summary>The head as of the last run.</summary>
    public TopicHead Build() => new(
        Start, Next, LastAppendUnixMs, TrimmedAtUnixMs, DeletedAtUnixMs, LastGroup, Positions(), _producers?.ToHeads() ?? _oldProducers);

    private void ApplyTrim(in RunDescriptor run)
    {
        // Further than that there were offsets when it was written, though the runs that had them may be lost.
        Next = Math.Max(Next, run.FirstOffset);
        if (run.FirstOffset > Start)
        {
            (Start, TrimmedAtUnixMs) = (run.FirstOffset, run.AppendTimeUnixMs);
        }

        if (run.Kind == RunKind.Delete)
        {
            (_deletedAtUnixMs, _deletedEnd) = (run.AppendTimeUnixMs, run.FirstOffset);
        }
    }

    private void ApplyRecords(in RunDescriptor run, bool isRest)
    {
        // Between groups there is a header: what follows at once is of the same group, perhaps of the same batch, which must be found as a whole when it is repeated.
        isRest |= run.Position > 0 && run.Position == _endOfLastRun;
        _endOfLastRun = run.Position + run.Length;
        Next = Math.Max(Next, run.EndOffset);
        LastAppendUnixMs = Math.Max(LastAppendUnixMs, run.AppendTimeUnixMs);
        if (run.First.IsNone)
        {
            return;
        }

        Move(run.Origin.IsEmpty ? node : run.Origin, run.Last);
        if (!run.Producer.IsNone)
        {
            // Lost records name the last position: what their producer sends next is still its next.
            var first = run.Kind == RunKind.Lost ? new Position(run.First.Incarnation, Math.Max(0, run.First.NextSequence - run.Count)) : run.First;
            Producers.Observe(
                run.Producer.Producer, new ProducerBatch(run.Producer.FirstSequence, run.Count, run.FirstOffset, first), run.AppendTimeUnixMs, isRest);
        }
    }

    private void Move(NodeId origin, Position position)
    {
        if (origin == node)
        {
            Own = position;
        }
        else
        {
            (_others ??= [])[origin] = position;
        }
    }
}
