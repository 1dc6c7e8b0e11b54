using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Memory;

/// <summary>Consecutive records of one origin with consecutive sequences and equal times; it ends where the next run begins.</summary>
internal readonly record struct Run(
    int FirstIndex, RecordKind Kind, OriginLog Origin, Incarnation Incarnation, long FirstSequence, long TimeUnixMs, long AppendTimeUnixMs)
{
    public Position PositionAt(int index) => new(Incarnation, FirstSequence + (index - FirstIndex));
}

/// <summary>A stretch of a topic's log: bodies back to back, where each ends, and the runs. A record costs 4 bytes beside its body, a run 64.</summary>
/// <remarks>
/// Changed under the topic's gate. What lies below the read limit never changes: a reader that took the gate once may read on
/// without it. Arrays grow by replacement, so bodies handed out stay valid.
/// </remarks>
internal sealed class Segment(TopicLog owner, long firstOffset, int capacity)
{
    private const int RecordOverhead = 32;

    private byte[] _bytes = capacity == 0 ? [] : GC.AllocateUninitializedArray<byte>(capacity);
    private int[] _ends = [];
    private Run[] _runs = [];
    private int _runCount;

    public TopicLog Owner { get; } = owner;

    /// <summary>Its place in the store's order of age; null for one that retention must not take.</summary>
    public LinkedListNode<Segment>? Place { get; set; }

    public long FirstOffset { get; } = firstOffset;

    public int Count { get; private set; }

    public long EndOffset => FirstOffset + Count;

    public int Bytes => BytesBefore(Count);

    /// <summary>What it counts for in the limits of the store.</summary>
    public long Cost => Bytes + (long)Count * RecordOverhead;

    public ReadOnlySpan<Run> Runs
    {
        get
        {
            // The count first: the array is then at least as new, and long enough.
            var count = Volatile.Read(ref _runCount);
            return _runs.AsSpan(0, count);
        }
    }

    /// <summary>Adds a record, as part of the last run if it continues that. Returns whether a run began.</summary>
    public bool Add(in Run run, ReadOnlySpan<byte> body)
    {
        var start = Bytes;
        EnsureRoom(ref _bytes, start + body.Length, 256);
        EnsureRoom(ref _ends, Count + 1, 4);
        body.CopyTo(_bytes.AsSpan(start));
        var begins = !Continues(run);
        if (begins)
        {
            EnsureRoom(ref _runs, _runCount + 1, 1);
            _runs[_runCount] = run with { FirstIndex = Count };
            Volatile.Write(ref _runCount, _runCount + 1);
        }

        _ends[Count++] = start + body.Length;
        return begins;
    }

    /// <summary>Forgets the records from <paramref name="count"/> on; nobody has seen them.</summary>
    public void Truncate(int count)
    {
        Count = count;
        while (_runCount > 0 && _runs[_runCount - 1].FirstIndex >= count)
        {
            _runCount--;
        }
    }

    /// <summary>The number of the run that holds the record at <paramref name="index"/>.</summary>
    public int RunAt(int index)
    {
        var runs = Runs;
        var (low, high) = (0, runs.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = runs[middle].FirstIndex <= index ? (middle, high) : (low, middle - 1);
        }

        return low;
    }

    /// <summary>The index after the last record of run <paramref name="run"/>.</summary>
    public int RunEnd(int run)
    {
        var runs = Runs;
        return run + 1 < runs.Length ? runs[run + 1].FirstIndex : Count;
    }

    /// <summary>Bytes of the records below <paramref name="index"/>.</summary>
    public int BytesBefore(int index) => index == 0 ? 0 : _ends[index - 1];

    public ReadOnlyMemory<byte> Body(int index)
    {
        var start = BytesBefore(index);
        return _bytes.AsMemory(start, _ends[index] - start);
    }

    private bool Continues(in Run run)
    {
        if (_runCount == 0 || run.Kind != RecordKind.Event)
        {
            return false;
        }

        ref readonly var last = ref _runs[_runCount - 1];
        return last.Kind == RecordKind.Event
            && ReferenceEquals(run.Origin, last.Origin)
            && run.Incarnation == last.Incarnation
            && run.FirstSequence == last.FirstSequence + (Count - last.FirstIndex)
            && run.TimeUnixMs == last.TimeUnixMs
            && run.AppendTimeUnixMs == last.AppendTimeUnixMs;
    }

    private static void EnsureRoom<T>(ref T[] array, int needed, int first)
    {
        if (needed > array.Length)
        {
            Array.Resize(ref array, Math.Max(needed, Math.Max(first, array.Length * 2)));
        }
    }
}
