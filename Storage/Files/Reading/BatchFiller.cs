using System.Buffers;
using EventMesh.Core.Encoding;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Reading;

/// <summary>Fills a batch with the records of a topic, part by part, up to its limits. For one call on one thread.</summary>
/// <remarks>
/// Runs are read and checked as a whole. Neighbours in a segment are read with one call of the system where little lies between them; where that is
/// more than the records themselves, these are copied out, so that a batch holds no more memory than about twice its bodies and one run.
/// </remarks>
internal ref struct BatchFiller(ReadSources sources, TopicSearch search, TopicLog topic, PooledRecords records, long from, int maxBytes, int maxRecords)
{
    /// <summary>The most that one call reads, unless a single run is larger.</summary>
    public const int MaxWindowBytes = 64 * 1024;

    /// <summary>The most bytes of other topics that are read to save a call.</summary>
    public const int MaxHoleBytes = 8 * 1024;

    private static readonly byte[] LostOffsets = GapBody.Encode(new Gap(default, Position.None, Position.None, GapReason.Corrupt));

    private int _bytesLeft = maxBytes;
    private byte[]? _scratch;

    /// <summary>The offset after the last record so far.</summary>
    public long Next { get; private set; } = from;

    private readonly int RecordsLeft => maxRecords - records.Count;

    /// <summary>Adds a gap of this log's own making up to <paramref name="end"/>; false when the batch is full.</summary>
    public bool TryAddGap(long end, NodeId origin, Position to, long timeUnixMs, ReadOnlyMemory<byte> body)
    {
        if (!HasRoom(0))
        {
            return false;
        }

        records.Add(new EventRecord
        {
            Kind = RecordKind.Gap,
            Offset = new LogOffset(Next),
            Next = new LogOffset(end),
            Origin = origin,
            Position = to,
            TimeUnixMs = timeUnixMs,
            Body = body,
        });
        Next = end;
        return true;
    }

    /// <summary>Adds offsets of which nothing is known any more; those that follow each other become one gap. False when the batch is full.</summary>
    public bool TryAddHole(long end, long timeUnixMs)
    {
        if (records.Count > 0 && records.Last is { Kind: RecordKind.Gap, Origin.IsEmpty: true } last && last.Body.Equals(LostOffsets))
        {
            records.Last = last with { Next = new LogOffset(end) };
            Next = end;
            return true;
        }

        return TryAddGap(end, default, Position.None, timeUnixMs, LostOffsets);
    }

    /// <summary>Adds the records of <paramref name="held"/> from <see cref="Next"/> on, and what is missing among and behind them as gaps; false when the batch is full.</summary>
    public bool TryFill(in TopicPlace place, in HeldRuns held)
    {
        var time = place.LastAppendUnixMs;
        for (var block = held.BlockOf(Next); block < held.Blocks; block++)
        {
            if (!TryFill(held.Segment, held.Block(block), ref time))
            {
                return false;
            }
        }

        return Next >= place.End || TryAddHole(place.End, time);
    }

    /// <param name="segment">The segment.</param>
    /// <param name="runs">Some of its runs.</param>
    /// <param name="time">When the last run was appended: the time of a gap that follows it.</param>
    private bool TryFill(SegmentFile segment, ReadOnlySpan<RunDescriptor> runs, ref long time)
    {
        var index = Math.Max(0, RunSearch.LastFrom(runs, Next));
        while (index < runs.Length)
        {
            ref readonly var run = ref runs[index];
            if (run.FirstOffset > Next)
            {
                if (!TryAddHole(run.FirstOffset, index > 0 ? runs[index - 1].AppendTimeUnixMs : run.AppendTimeUnixMs))
                {
                    return false;
                }
            }
            else if (run.EndOffset <= Next)
            {
                index++;
            }
            else if (run.Kind == RunKind.Lost ? !TryAddCorrupt(run) : !TryRead(segment, runs, ref index))
            {
                return false;
            }
        }

        time = runs[^1].AppendTimeUnixMs;
        return true;
    }

    /// <summary>Gives back what was needed only to fill the batch.</summary>
    public void Dispose()
    {
        if (_scratch is not null)
        {
            ArrayPool<byte>.Shared.Return(_scratch);
            _scratch = null;
        }
    }

    private readonly NodeId OriginOf(in RunDescriptor run) => run.Origin.IsEmpty && !run.First.IsNone ? sources.Node : run.Origin;

    private readonly bool HasRoom(int bodyBytes) => records.Count == 0 || (records.Count < maxRecords && bodyBytes <= _bytesLeft);

    /// <summary>Adds a gap in the place of a run whose records are lost.</summary>
    private bool TryAddCorrupt(in RunDescriptor run)
    {
        if (run.First.IsNone)
        {
            return TryAddHole(run.EndOffset, run.AppendTimeUnixMs);
        }

        if (!HasRoom(0))
        {
            return false;
        }

        var origin = OriginOf(run);
        var from = run.Kind == RunKind.Events && Next > run.FirstOffset
            ? RunSearch.PositionBefore(run, Next)
            : search.PositionBelow(topic, sources.OriginOf(origin), run.FirstOffset);
        var body = GapBody.Encode(new Gap(origin, from, run.Last, GapReason.Corrupt));
        return TryAddGap(run.EndOffset, origin, run.Last, run.AppendTimeUnixMs, body);
    }

    /// <summary>Reads the runs from <paramref name="index"/> on that one call of the system can take, and adds their records.</summary>
    private bool TryRead(SegmentFile segment, ReadOnlySpan<RunDescriptor> runs, ref int index)
    {
        if (!HasRoom(1))
        {
            return false;
        }

        var window = Plan(runs[index..], out var span, out var wanted);
        var position = runs[index].Position;
        var isDense = wanted >= span / 2;
        var bytes = isDense ? records.Reserve(span) : (_scratch ??= ArrayPool<byte>.Shared.Rent(MaxWindowBytes)).AsMemory(0, span);
        var read = segment.File.Read(position, bytes.Span);
        foreach (ref readonly var run in runs.Slice(index, window))
        {
            var start = (int)(run.Position - position);
            var isWhole = start + run.Length <= read;
            if (!(isWhole && Crc32C.Compute(bytes.Span.Slice(start, run.Length)) == run.Crc
                ? TryAdd(segment, run, isDense ? bytes.Slice(start, run.Length) : Keep(bytes.Span.Slice(start, run.Length)))
                : TryAddDamaged(segment, run)))
            {
                return false;
            }

            index++;
        }

        return true;
    }

    /// <summary>How many runs are read at once, and over how many bytes; <paramref name="wanted"/> of them are the topic's.</summary>
    private readonly int Plan(ReadOnlySpan<RunDescriptor> runs, out int span, out int wanted)
    {
        ref readonly var first = ref runs[0];
        (span, wanted) = (first.Length, first.Length);
        var count = 1;
        var left = RecordsLeft - (first.EndOffset - Next);
        for (; count < runs.Length && left > 0 && wanted < _bytesLeft; count++)
        {
            ref readonly var run = ref runs[count];
            var hole = run.Position - first.Position - span;
            if (run.Kind == RunKind.Lost
                || run.FirstOffset != runs[count - 1].EndOffset
                || hole is < 0 or > MaxHoleBytes
                || span + hole + run.Length > MaxWindowBytes)
            {
                break;
            }

            span += (int)hole + run.Length;
            wanted += run.Length;
            left -= run.Count;
        }

        return count;
    }

    private readonly Memory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        var kept = records.Reserve(bytes.Length);
        bytes.CopyTo(kept.Span);
        return kept;
    }

    private bool TryAddDamaged(SegmentFile segment, in RunDescriptor run)
    {
        sources.Damage.OnDamaged(
            segment, run.Position, run.Length, $"Records of topic '{topic.Name}', offsets {run.FirstOffset} to {run.EndOffset - 1}; readers get a gap in their place.");
        return TryAddCorrupt(run);
    }

    private bool TryAdd(SegmentFile segment, in RunDescriptor run, ReadOnlyMemory<byte> bytes)
    {
        if (run.Kind == RunKind.Gap)
        {
            return TryAddRecord(RecordKind.Gap, OriginOf(run), run.First, run.BaseTimeUnixMs, bytes);
        }

        var (count, next, bytesLeft) = (records.Count, Next, _bytesLeft);
        if (TryAddEvents(run, bytes, out var isFull))
        {
            return !isFull;
        }

        // The checksum vouches for bytes that are no batch.
        records.Truncate(count);
        (Next, _bytesLeft) = (next, bytesLeft);
        return TryAddDamaged(segment, run);
    }

    /// <summary>Adds the events from <see cref="Next"/> on; false when the bytes are no batch.</summary>
    private bool TryAddEvents(in RunDescriptor run, ReadOnlyMemory<byte> bytes, out bool isFull)
    {
        var isOwn = run.Origin.IsEmpty;
        var origin = OriginOf(run);
        var span = bytes.Span;
        var at = 0;
        isFull = false;
        for (var i = 0; i < run.Count; i++)
        {
            if (!Varint.TryRead(span[at..], out var delta, out var deltaBytes)
                || !Varint.TryRead(span[(at + deltaBytes)..], out var length, out var lengthBytes)
                || length > (ulong)(span.Length - at - deltaBytes - lengthBytes))
            {
                return false;
            }

            at += deltaBytes + lengthBytes;
            if (run.FirstOffset + i >= Next)
            {
                var time = isOwn ? run.AppendTimeUnixMs : run.BaseTimeUnixMs + Varint.UnZigZag(delta);
                var position = new Position(run.First.Incarnation, run.First.Sequence + i);
                if (!TryAddRecord(RecordKind.Event, origin, position, time, bytes.Slice(at, (int)length)))
                {
                    isFull = true;
                    return true;
                }
            }

            at += (int)length;
        }

        return at == span.Length;
    }

    private bool TryAddRecord(RecordKind kind, NodeId origin, Position position, long timeUnixMs, ReadOnlyMemory<byte> body)
    {
        if (!HasRoom(body.Length))
        {
            return false;
        }

        _bytesLeft -= body.Length;
        records.Add(new EventRecord
        {
            Kind = kind,
            Offset = new LogOffset(Next++),
            Origin = origin,
            Position = position,
            TimeUnixMs = timeUnixMs,
            Body = body,
        });
        return true;
    }
}
