using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Memory;

/// <summary>Reads a topic: the topic's gate is held to look places up, never to read records.</summary>
internal sealed class MemoryTopicReader(MemoryLogStore store, TopicName topic) : ITopicReader
{
    private TopicLog? _log;

    public TopicName Topic { get; } = topic;

    public TopicBounds Bounds => Look(static log => new TopicBounds(new(log.Start), new(log.Limit)));

    public Position FlushedPosition(NodeId origin) => PositionBefore(origin, new LogOffset(long.MaxValue));

    public IReadOnlyList<KeyValuePair<NodeId, Position>> FlushedPositions() => Look(static log => log.FlushedPositions()) ?? [];

    public LogOffset OffsetAfter(NodeId origin, Position position) => new(Look(log => log.OffsetAfter(origin, position)));

    public Position PositionBefore(NodeId origin, LogOffset offset) => Look(log => log.PositionBefore(origin, offset.Value));

    public LogOffset OffsetAtTime(long timeUnixMs) => new(Look(log => log.OffsetAtTime(timeUnixMs)));

    public ValueTask<RecordBatch> ReadAsync(LogOffset from, int maxBytes, int maxRecords, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from.Value, nameof(from));
        ArgumentOutOfRangeException.ThrowIfLessThan(maxRecords, 1);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<RecordBatch>(cancellationToken)
            : new(Read(from, maxBytes, maxRecords));
    }

    private RecordBatch Read(LogOffset from, int maxBytes, int maxRecords)
    {
        if (Find() is not { } log)
        {
            return new RecordBatch([], from);
        }

        var records = new List<EventRecord>();
        var next = from.Value;
        for (var isFull = false; !isFull;)
        {
            long start, limit, trimmedAt;
            Segment? segment;
            lock (log.Gate)
            {
                (start, limit, trimmedAt) = (log.Start, log.Limit, log.TrimmedAtUnixMs);
                segment = next < start ? null : log.SegmentAt(next);
            }

            if (next < start && records.Count == 0)
            {
                records.Add(Trimmed(next, start, trimmedAt));
                next = start;
            }
            else if (segment is null)
            {
                // The end; or retention has just taken what would come next, which the next read will say.
                break;
            }
            else
            {
                isFull = !Copy(segment, ref next, limit, ref maxBytes, maxRecords, records);
            }
        }

        return new RecordBatch(records, new LogOffset(next));
    }

    /// <summary>Adds records of one segment; false when a limit is reached.</summary>
    private static bool Copy(Segment segment, ref long next, long limit, ref int maxBytes, int maxRecords, List<EventRecord> records)
    {
        var end = (int)Math.Min(segment.Count, limit - segment.FirstOffset);
        var index = (int)(next - segment.FirstOffset);
        records.EnsureCapacity(records.Count + Math.Min(end - index, Math.Min(maxRecords - records.Count, 64)));
        for (var number = index < end ? segment.RunAt(index) : 0; index < end; number++)
        {
            var run = segment.Runs[number];
            for (var runEnd = Math.Min(end, segment.RunEnd(number)); index < runEnd; index++)
            {
                var body = segment.Body(index);
                maxBytes -= body.Length;
                if (records.Count == maxRecords || (maxBytes < 0 && records.Count > 0))
                {
                    return false;
                }

                records.Add(new EventRecord
                {
                    Kind = run.Kind,
                    Offset = new LogOffset(next++),
                    Origin = run.Origin.Node,
                    Position = run.PositionAt(index),
                    TimeUnixMs = run.TimeUnixMs,
                    Body = body,
                });
            }
        }

        return true;
    }

    private static EventRecord Trimmed(long from, long start, long timeUnixMs) => new()
    {
        Kind = RecordKind.Gap,
        Offset = new LogOffset(from),
        Next = new LogOffset(start),
        Origin = default,
        Position = Position.None,
        TimeUnixMs = timeUnixMs,
        Body = GapBody.Encode(new Gap(default, Position.None, Position.None, GapReason.Trimmed)),
    };

    private TopicLog? Find() => _log ??= store.Find(Topic);

    private T? Look<T>(Func<TopicLog, T> look)
    {
        if (Find() is not { } log)
        {
            return default;
        }

        lock (log.Gate)
        {
            return look(log);
        }
    }
}
