using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Files.Topics;

/// <summary>Computes a topic's head at a later place of the journal from that at an earlier one and the runs between. One thread at a time.</summary>
/// <remarks>Sealing and recovery use it alike, so a footer that is rebuilt from the groups says what the lost one said.</remarks>
internal sealed class HeadBuilder(NodeId node, FileStorageOptions options)
{
    private readonly Dictionary<NodeId, Position> _positions = [];
    private readonly Dictionary<NodeId, Position> _before = [];
    private ProducerTable? _producers;
    private IReadOnlyList<ProducerHead> _oldProducers = [];
    private TopicHead _head = new(0, 0, 0, 0, 0, 0, [], []);
    private long _deletedEnd;

    /// <summary>For each origin that has had a record since the head that was taken up, the position before.</summary>
    public IReadOnlyList<KeyValuePair<NodeId, Position>> Before => [.. _before.OrderBy(static pair => pair.Key)];

    /// <summary>Takes up what a head says, and forgets everything else.</summary>
    public void Take(TopicHead head)
    {
        _head = head;
        _deletedEnd = head.DeletedAtUnixMs == 0 ? 0 : head.Next;
        _oldProducers = head.Producers;
        _producers = null;
        _positions.Clear();
        foreach (var (origin, position) in head.Positions)
        {
            _positions[origin] = position;
        }
    }

    /// <summary>Takes up a run that follows; heads go to <see cref="Take"/>.</summary>
    public void Apply(in RunDescriptor run, long group)
    {
        _head = _head with { LastGroup = Math.Max(_head.LastGroup, group) };
        if (run.Kind is RunKind.Trim or RunKind.Delete)
        {
            _head = _head with { Start = Math.Max(_head.Start, run.FirstOffset), TrimmedAtUnixMs = run.AppendTimeUnixMs };
            if (run.Kind == RunKind.Delete)
            {
                _head = _head with { DeletedAtUnixMs = run.AppendTimeUnixMs };
                _deletedEnd = run.FirstOffset;
            }
        }
        else if (run.Count > 0)
        {
            ApplyRecords(run);
        }
    }

    /// <summary>The head as of the last run.</summary>
    public TopicHead Build() => _head with
    {
        // Written again after it was deleted: it is a topic like any other.
        DeletedAtUnixMs = _head.Next > _deletedEnd ? 0 : _head.DeletedAtUnixMs,
        Positions = [.. _positions.OrderBy(static pair => pair.Key)],
        Producers = _producers?.ToHeads() ?? _oldProducers,
    };

    private void ApplyRecords(in RunDescriptor run)
    {
        _head = _head with
        {
            Next = Math.Max(_head.Next, run.EndOffset),
            LastAppendUnixMs = Math.Max(_head.LastAppendUnixMs, run.AppendTimeUnixMs),
        };
        if (run.First.IsNone)
        {
            return;
        }

        var origin = run.Origin.IsEmpty ? node : run.Origin;
        _before.TryAdd(origin, _positions.GetValueOrDefault(origin));
        _positions[origin] = run.Last;
        if (!run.Producer.IsNone)
        {
            _producers ??= ProducerTable.From(_oldProducers, options.MaxProducersPerTopic, options.ProducerMemory);
            _producers.Observe(
                run.Producer.Producer, new ProducerBatch(run.Producer.FirstSequence, run.Count, run.FirstOffset, run.First), run.AppendTimeUnixMs);
        }
    }
}
