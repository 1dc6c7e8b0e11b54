using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Sessions;
using EventMesh.Storage;

namespace EventMesh.Hosting.Links;

/// <summary>Packs one node's records of one topic into batches and gaps, each of which continues the one before it.</summary>
/// <remarks>A batch ends where the incarnation changes, where something is missing, and at <see cref="MaxBatchBytes"/>.</remarks>
internal sealed class OwnRunPacker(NodeId origin, Position after, int maxBytes)
{
    // Larger frames are no faster, and their buffers would live on the large object heap at both ends.
    private const int MaxBatchBytes = 64 * 1024;
    private const int EntryOverhead = 16;

    private readonly List<LinkItem> _items = [];
    private readonly int _maxBatchBytes = Math.Min(maxBytes, MaxBatchBytes);
    private EventBatchBuilder? _builder;
    private Position _previous;
    private Position _first;
    private int _expected;

    /// <summary>The position after the last record that was taken.</summary>
    public Position Last { get; private set; } = after;

    /// <summary>Packed bytes so far.</summary>
    public int Bytes { get; private set; }

    /// <summary>Says what is about to be added, so that buffers are neither too large nor grown: a batch of one event takes little more than the event.</summary>
    public void Expect(RecordBatch records)
    {
        _expected = 0;
        foreach (var record in records.Records)
        {
            _expected += record.Origin == origin ? record.Body.Length + EntryOverhead : 0;
        }
    }

    /// <summary>Adds a gap from <see cref="Last"/> up to <paramref name="to"/> if there is anything between.</summary>
    public void AddGap(Position to, GapReason reason)
    {
        if (to > Last)
        {
            EndBatch();
            _items.Add(new LinkItem(new Gap(origin, Last, to, reason)));
            Last = to;
        }
    }

    /// <summary>Adds a gap record of the log.</summary>
    public void AddGap(EventRecord record)
    {
        EndBatch();
        var gap = GapBody.Decode(record.Body.Span);
        _items.Add(new LinkItem(gap with { From = Last, To = record.Position }));
        Last = record.Position;
    }

    /// <summary>Adds an event that follows <paramref name="previous"/> in the log; false when there is no room, in which case nothing was added.</summary>
    public bool TryAdd(EventRecord record, Position previous)
    {
        var size = record.Body.Length + EntryOverhead;
        if (Bytes > 0 && Bytes + size > maxBytes)
        {
            return false;
        }

        AddGap(previous, GapReason.Trimmed);
        if (_builder is not { } builder
            || record.Position.Incarnation != Last.Incarnation
            || previous != Last
            || builder.Bytes + size > _maxBatchBytes)
        {
            builder = BeginBatch(record, previous);
        }

        var before = builder.Bytes;
        builder.AddEncoded(record.Body.Span, record.TimeUnixMs);
        Bytes += builder.Bytes - before;
        _expected -= size;
        Last = record.Position;
        return true;
    }

    /// <summary>Everything that was added.</summary>
    public IReadOnlyList<LinkItem> Build()
    {
        EndBatch();
        return _items;
    }

    private EventBatchBuilder BeginBatch(EventRecord record, Position previous)
    {
        EndBatch();
        _previous = previous;
        _first = record.Position;
        var capacity = Math.Max(Math.Min(_expected, _maxBatchBytes), record.Body.Length + EntryOverhead);
        return _builder = new EventBatchBuilder(capacity) { BaseTimeUnixMs = record.TimeUnixMs };
    }

    private void EndBatch()
    {
        if (_builder is { } builder)
        {
            _items.Add(new LinkItem(new ReplicaBatch(origin, _first.Incarnation, _previous, _first.Sequence, 1, builder.Build())));
            _builder = null;
        }
    }
}
