using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Producers;

namespace EventMesh.Storage.Memory;

/// <summary>The hand-over of appends: numbering, storing and joining the group that gathers, as one step under the store's gate.</summary>
public sealed partial class MemoryLogStore
{
    private static readonly TimeSpan BusyRetryAfter = TimeSpan.FromMilliseconds(10);

    internal (AppendResult Result, Task Flushed) Append(MemoryTopicWriter writer, EventBatch events, ProducerStamp producer)
    {
        var bytes = MeasureBodies(events);
        return Write(writer, bytes, (log, stamp) =>
        {
            if (!producer.IsNone && log.Producers.Decide(producer, events.Count, stamp) is { } held)
            {
                return new AppendResult(new LogOffset(held.FirstOffset), held.First, held.Count, Durability.Memory, IsDuplicate: true);
            }

            var origin = log.OriginOf(Node);
            var incarnation = writer.View.Identity.Incarnation;
            var first = new Position(incarnation, origin.Last.NextSequence);
            var firstOffset = new LogOffset(log.Next);
            var reader = new EventBatchReader(events);
            for (var sequence = first.Sequence; reader.MoveNext(); sequence++)
            {
                Store(log, new Run(0, RecordKind.Event, origin, incarnation, sequence, stamp, stamp), reader.Body.Span);
            }

            if (!producer.IsNone)
            {
                log.Producers.Observe(producer.Producer, new ProducerBatch(producer.FirstSequence, events.Count, firstOffset.Value, first), stamp);
            }

            return new AppendResult(firstOffset, first, events.Count, Durability.Memory);
        });
    }

    internal (LogOffset Start, Task Flushed) Trim(MemoryTopicWriter writer, LogOffset start) => Write(writer, bytes: 0, (log, stamp) =>
    {
        log.TrimTo(start.Value, stamp);
        return AwaitTrim(log);
    });

    internal (LogOffset Start, Task Flushed) Delete(MemoryTopicWriter writer) => Write(writer, bytes: 0, (log, stamp) =>
    {
        log.Delete(stamp);
        return AwaitTrim(log);
    });

    private LogOffset AwaitTrim(TopicLog log)
    {
        if (log.Next > log.Limit)
        {
            _waitingTrims.Add(log);
        }

        return new LogOffset(log.Start);
    }

    internal (ReplicateResult Result, Task Flushed) Replicate(MemoryTopicWriter writer, ReplicaBatch batch)
    {
        batch.Validate();
        RefuseOwn(batch.Origin);
        var bytes = MeasureBodies(batch.Events);
        return Write(writer, bytes, (log, stamp) =>
        {
            var held = log.Held(batch.Origin);
            var decision = DecideBatch(log.Topic, held, batch);
            return decision.Verdict switch
            {
                ReplicaVerdict.Take => Take(log, held, batch, decision, stamp),
                ReplicaVerdict.Duplicate => new ReplicateResult(decision.Verdict, held, 0, batch.Events.Count, false),
                _ => new ReplicateResult(decision.Verdict, held, 0, 0, false),
            };
        });
    }

    internal (ReplicateResult Result, Task Flushed) Replicate(MemoryTopicWriter writer, Gap gap)
    {
        gap.Validate();
        RefuseOwn(gap.Origin);
        return Write(writer, bytes: 0, (log, stamp) =>
        {
            var held = log.Held(gap.Origin);
            var decision = ReplicationRule.Decide(held, gap);
            if (decision.Verdict != ReplicaVerdict.Take)
            {
                return new ReplicateResult(decision.Verdict, held, 0, 0, false);
            }

            // What is held already is not missing, whatever the sender believes.
            StoreGap(log, gap with { From = held }, stamp);
            return new ReplicateResult(decision.Verdict, gap.To, 1, 0, false);
        });
    }

    private ReplicateResult Take(TopicLog log, Position held, ReplicaBatch batch, ReplicaDecision decision, long stamp)
    {
        if (decision.Lost)
        {
            StoreGap(log, new Gap(batch.Origin, held, held, GapReason.OriginRewound), stamp);
        }

        var origin = log.OriginOf(batch.Origin);
        var reader = new EventBatchReader(batch.Events);
        for (var sequence = batch.FirstSequence; reader.MoveNext(); sequence++)
        {
            if (reader.Read > decision.Skip)
            {
                Store(log, new Run(0, RecordKind.Event, origin, batch.Incarnation, sequence, reader.TimeUnixMs, stamp), reader.Body.Span);
            }
        }

        var stored = batch.Events.Count - decision.Skip + (decision.Lost ? 1 : 0);
        return new ReplicateResult(decision.Verdict, batch.Last, stored, decision.Skip, decision.Rewound);
    }

    /// <summary>Runs a hand-over as one step, and says what to wait for until all that it found in the topic is flushed.</summary>
    private (T Result, Task Flushed) Write<T>(MemoryTopicWriter writer, long bytes, Func<TopicLog, long, T> handOver)
    {
        T result;
        var flushed = Task.CompletedTask;
        var schedule = false;
        lock (_gate)
        {
            CheckOpen(writer.View);
            var log = writer.Log;
            lock (log.Gate)
            {
                CheckWritable(writer, bytes);
                var (next, cost) = (log.Next, log.Cost);
                result = handOver(log, _clock.Stamp());
                if (log.Next > next)
                {
                    (_gathering ??= new FlushGroup()).Note(log, writer.View, bytes);
                    _cost += log.Cost - cost;
                    schedule = !_flushScheduled;
                    _flushScheduled = true;
                }

                if (log.Next > log.Limit)
                {
                    flushed = _gathering!.Flushed;
                }

                TrimTopic(log);
            }

            TrimStore();
        }

        if (schedule)
        {
            _scheduler.Schedule(_flush);
        }

        return (result, flushed);
    }

    private void Store(TopicLog log, in Run run, ReadOnlySpan<byte> body)
    {
        // What is not in the order of age cannot be taken for its age.
        if (log.Append(run, body) is { } begun && !log.Topic.IsState)
        {
            begun.Place = _segments.AddLast(begun);
        }
    }

    private void StoreGap(TopicLog log, Gap gap, long stamp)
    {
        var origin = log.OriginOf(gap.Origin);
        Store(log, new Run(0, RecordKind.Gap, origin, gap.To.Incarnation, gap.To.Sequence, stamp, stamp), GapBody.Encode(gap));
    }

    private void RefuseOwn(NodeId origin)
    {
        if (origin == Node)
        {
            throw new EventMeshException(MeshErrorCode.MalformedFrame, $"Events of '{origin}' came to that node from another one.");
        }
    }

    private void CheckOpen(MemoryEventLog view)
    {
        if (view.IsClosed)
        {
            throw Closed();
        }

        if (_failure is not null)
        {
            throw new EventMeshException(_failure.Code, _failure.Message);
        }
    }

    private void CheckWritable(MemoryTopicWriter writer, long bytes)
    {
        if (writer.IsClosed)
        {
            throw Closed();
        }

        if (writer.Term != writer.Log.Term)
        {
            throw new EventMeshException(
                MeshErrorCode.LogFenced, $"Writer {writer.Term} of topic '{writer.Topic}' was replaced by writer {writer.Log.Term}.");
        }

        if (_gathering is { Bytes: > 0 } group && group.Bytes + bytes > _options.MaxPendingBytes)
        {
            throw new EventMeshException(
                MeshErrorCode.Busy, $"{group.Bytes} bytes wait for a flush; {MemoryStorageOptions.Section}:MaxPendingBytes is {_options.MaxPendingBytes}.")
            {
                RetryAfter = BusyRetryAfter,
            };
        }
    }

    private EventMeshException Closed() => new(MeshErrorCode.LogClosed, $"The log of '{Node}' is closed.");

    /// <summary>Walks the batch once, so that one that cannot be read is refused before any of it is stored.</summary>
    private static long MeasureBodies(EventBatch events)
    {
        var bytes = 0L;
        var reader = new EventBatchReader(events);
        while (reader.MoveNext())
        {
            bytes += reader.Body.Length;
        }

        return bytes;
    }
}
