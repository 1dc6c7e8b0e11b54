using System.Runtime.CompilerServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Journal;

/// <summary>Handing over: numbering and encoding, as one step under the gate.</summary>
internal sealed partial class Journal
{
    // A record's share of a group: table entry, alignment. Only for the bound on what waits.
    private const int OverheadBytes = 128;

    /// <summary>Hands over events published here; wait for the task before the result is passed on.</summary>
    public (AppendResult Result, Task Wait) Append(FileTopicWriter writer, EventBatch events, ProducerStamp producer, Durability durability)
    {
        Span<BatchChunk> room = stackalloc BatchChunk[BatchChunk.MaxCount];
        ReadOnlySpan<BatchChunk> chunks = room[..BatchChunk.Split(events, 0, room)];
        AppendResult result;
        Task wait;
        bool schedule;
        lock (_gate)
        {
            var topic = CheckWritable(writer, events.Bytes.Length);
            var stamp = _clock.Stamp();
            var head = topic.HandedOver!;
            if (!producer.IsNone && head.Producers.Decide(producer, events.Count, stamp) is { } held)
            {
                wait = WaitFor(topic, durability);
                return (new AppendResult(new LogOffset(held.FirstOffset), held.First, held.Count, durability, IsDuplicate: true), wait);
            }

            var incarnation = _store.Identity.Incarnation;
            result = new AppendResult(new LogOffset(head.Next), new Position(incarnation, head.Own.NextSequence), events.Count, durability);
            var run = new RunDescriptor
            {
                Kind = RunKind.Events,
                FirstOffset = head.Next,
                Count = 0,
                AppendTimeUnixMs = stamp,
                BaseTimeUnixMs = stamp,
                First = result.First,
                Producer = producer,
            };
            AddChunks(topic, run, events.Bytes.Span, chunks);
            wait = WaitFor(topic, durability);
            schedule = NeedsWork();
        }

        ScheduleIf(schedule);
        return (result, wait);
    }

    /// <summary>Hands over another node's events.</summary>
    public (ReplicateResult Result, Task Wait) Replicate(FileTopicWriter writer, ReplicaBatch batch)
    {
        batch.Validate();
        RefuseOwn(batch.Origin);
        Span<BatchChunk> room = stackalloc BatchChunk[BatchChunk.MaxCount];
        var count = BatchChunk.Split(batch.Events, 0, room);
        ReplicateResult result;
        Task wait;
        bool schedule;
        lock (_gate)
        {
            var topic = CheckWritable(writer, batch.Events.Bytes.Length);
            var held = topic.HandedOver!.PositionOf(batch.Origin);
            var decision = DecideBatch(topic.Name, held, batch);
            if (decision.Verdict == ReplicaVerdict.Take)
            {
                CheckOrigin(topic, batch.Origin, held);
                count = decision.Skip > 0 ? BatchChunk.Split(batch.Events, decision.Skip, room) : count;
                Take(topic, held, batch, decision, room[..count]);
                var stored = batch.Events.Count - decision.Skip + (decision.Lost ? 1 : 0);
                result = new ReplicateResult(decision.Verdict, batch.Last, stored, decision.Skip, decision.Rewound);
            }
            else
            {
                var duplicates = decision.Verdict == ReplicaVerdict.Duplicate ? batch.Events.Count : 0;
                result = new ReplicateResult(decision.Verdict, held, 0, duplicates, false);
            }

            wait = WaitFor(topic, Durability.Disk);
            schedule = NeedsWork();
        }

        ScheduleIf(schedule);
        return (result, wait);
    }

    /// <summary>Hands over a gap in another node's events.</summary>
    public (ReplicateResult Result, Task Wait) Replicate(FileTopicWriter writer, Gap gap)
    {
        gap.Validate();
        RefuseOwn(gap.Origin);
        ReplicateResult result;
        Task wait;
        bool schedule;
        lock (_gate)
        {
            var topic = CheckWritable(writer, 0);
            var held = topic.HandedOver!.PositionOf(gap.Origin);
            var decision = ReplicationRule.Decide(held, gap);
            result = new ReplicateResult(decision.Verdict, held, 0, 0, false);
            if (decision.Verdict == ReplicaVerdict.Take)
            {
                CheckOrigin(topic, gap.Origin, held);

                // What is held already is not missing, whatever the sender believes.
                AddGap(topic, gap with { From = held }, _clock.Stamp());
                result = new ReplicateResult(decision.Verdict, gap.To, 1, 0, false);
            }

            wait = WaitFor(topic, Durability.Disk);
            schedule = NeedsWork();
        }

        ScheduleIf(schedule);
        return (result, wait);
    }

    /// <summary>Hands over a new start; <paramref name="isDelete"/> deletes the topic, and the start is its end.</summary>
    public Task Trim(FileTopicWriter writer, LogOffset start, bool isDelete)
    {
        Task wait;
        bool schedule;
        lock (_gate)
        {
            var topic = CheckWritable(writer, 0, givesRoom: true);
            AddTrim(topic, start.Value, isDelete);
            wait = WaitFor(topic, Durability.Disk);
            schedule = NeedsWork();
        }

        ScheduleIf(schedule);
        return wait;
    }

    /// <summary>What the writer's topic has handed over.</summary>
    public LogOffset NextOffset(TopicLog topic)
    {
        lock (_gate)
        {
            return new LogOffset(topic.HandedOver?.Next ?? topic.Limit);
        }
    }

    /// <summary>The last position of <paramref name="origin"/> that was handed over.</summary>
    public Position HeldPosition(TopicLog topic, NodeId origin)
    {
        lock (_gate)
        {
            return topic.HandedOver?.PositionOf(origin) ?? Position.None;
        }
    }

    private void Take(TopicLog topic, Position held, ReplicaBatch batch, ReplicaDecision decision, ReadOnlySpan<BatchChunk> chunks)
    {
        var stamp = _clock.Stamp();
        if (decision.Lost)
        {
            AddGap(topic, new Gap(batch.Origin, held, held, GapReason.OriginRewound), stamp);
        }

        var run = new RunDescriptor
        {
            Kind = RunKind.Events,
            FirstOffset = topic.HandedOver!.Next,
            Count = 0,
            AppendTimeUnixMs = stamp,
            Origin = batch.Origin,
            Hops = (byte)batch.Hops,
            First = new Position(batch.Incarnation, batch.FirstSequence + decision.Skip),
            BaseTimeUnixMs = batch.Events.BaseTimeUnixMs,
        };
        AddChunks(topic, run, batch.Events.Bytes.Span, chunks, isBegun: decision.Lost);
    }

    private void AddGap(TopicLog topic, Gap gap, long stamp)
    {
        var body = GapBody.Encode(gap);
        var run = new RunDescriptor
        {
            Kind = RunKind.Gap,
            FirstOffset = topic.HandedOver!.Next,
            Count = 1,
            AppendTimeUnixMs = stamp,
            Origin = gap.Origin,
            First = gap.To,
            BaseTimeUnixMs = stamp,
            Crc = Crc32C.Compute(body),
        };
        Add(topic, run, body);
    }

    private void AddTrim(TopicLog topic, long start, bool isDelete)
    {
        var head = topic.HandedOver!;
        start = isDelete ? head.Next : Math.Min(start, head.Next);
        if (isDelete || start > head.Start)
        {
            var run = new RunDescriptor
            {
                Kind = isDelete ? RunKind.Delete : RunKind.Trim,
                FirstOffset = start,
                Count = 0,
                AppendTimeUnixMs = _clock.Stamp(),
            };
            Add(topic, run, default);
        }
    }

    /// <summary>Adds a batch as runs; <paramref name="run"/> says where it begins. Small batches of one kind that follow each other become one run.</summary>
    /// <remarks>Where it <paramref name="isBegun"/> by a gap it goes into the gap's group: one without the other would be half done.</remarks>
    private void AddChunks(TopicLog topic, RunDescriptor run, ReadOnlySpan<byte> bytes, ReadOnlySpan<BatchChunk> chunks, bool isBegun = false)
    {
        foreach (var chunk in chunks)
        {
            run = run with { Count = chunk.Count, Crc = chunk.Crc };
            var records = bytes.Slice(chunk.Start, chunk.Length);
            var group = Group(records.Length, isFirst: !isBegun && chunk.Start == chunks[0].Start);
            if (group.TryGetLast(topic, out var last) && Continues(last, run, records.Length))
            {
                group.Extend(last with { Count = last.Count + run.Count }, records);
            }
            else
            {
                group.Add(topic, run, records);
            }

            topic.HandedOver!.Apply(run, group: 0, isRest: chunk.Start != chunks[0].Start);
            run = run with
            {
                FirstOffset = run.EndOffset,
                First = new Position(run.First.Incarnation, run.First.Sequence + run.Count),
                Producer = run.Producer.IsNone ? default : run.Producer with { FirstSequence = run.Producer.FirstSequence + run.Count },
            };
        }
    }

    private void Add(TopicLog topic, in RunDescriptor run, ReadOnlySpan<byte> records)
    {
        Group(records.Length, isFirst: true).Add(topic, run, records);
        topic.HandedOver!.Apply(run, group: 0);
    }

    private static bool Continues(in RunDescriptor last, in RunDescriptor run, int length) =>
        last.Kind == RunKind.Events
        && last.Length + length <= BatchChunk.MaxBytes
        && last.Origin == run.Origin
        && last.Hops == run.Hops
        && last.AppendTimeUnixMs == run.AppendTimeUnixMs
        && last.BaseTimeUnixMs == run.BaseTimeUnixMs
        && last.First.Incarnation == run.First.Incarnation
        && last.First.Sequence + last.Count == run.First.Sequence
        && last.Producer.Producer == run.Producer.Producer
        && (run.Producer.IsNone || last.Producer.FirstSequence + last.Count == run.Producer.FirstSequence);

    /// <summary>The group that gathers, with room for more; a batch is never divided between two.</summary>
    private GroupBuffer Group(int bytes, bool isFirst)
    {
        if (isFirst && _gathering is { } group && group.Bytes + bytes > _options.GroupBytes)
        {
            _full.Enqueue(group);
            _gathering = null;
        }

        _gathering ??= _free.TryPop(out var free) ? free : new GroupBuffer();
        _pendingBytes += bytes + OverheadBytes;
        _gathering.PendingBytes += bytes + OverheadBytes;
        return _gathering;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool NeedsWork()
    {
        if (_isScheduled || _gathering is null)
        {
            return false;
        }

        _isScheduled = true;
        return true;
    }

    private void ScheduleIf(bool schedule)
    {
        if (schedule)
        {
            _services.Writing.Schedule(_work);
        }
    }

    private static Task WaitFor(TopicLog topic, Durability durability) => (topic.LastSignal, durability) switch
    {
        (null, _) or (_, Durability.Memory) => Task.CompletedTask,
        (var signal, Durability.Os) => signal.Written,
        var (signal, _) => signal.Flushed,
    };

    private TopicLog CheckWritable(FileTopicWriter writer, int bytes, bool givesRoom = false)
    {
        var topic = writer.Log;
        if (writer.IsClosed)
        {
            throw Closed();
        }

        CheckOpen();
        if (writer.Term != topic.Term)
        {
            throw new EventMeshException(MeshErrorCode.LogFenced, $"Writer {writer.Term} of topic '{topic.Name}' was replaced by writer {topic.Term}.");
        }

        if (_blocked is not null && !givesRoom)
        {
            throw new EventMeshException(MeshErrorCode.LogFull, _blocked);
        }

        if (_pendingBytes > 0 && _pendingBytes + bytes > _options.MaxPendingBytes)
        {
            throw new EventMeshException(
                MeshErrorCode.Busy, $"{_pendingBytes} bytes wait for a flush; {FileStorageOptions.Section}:MaxPendingBytes is {_options.MaxPendingBytes}.")
            {
                RetryAfter = BusyRetryAfter,
            };
        }

        SkipDoubt(topic);
        return topic;
    }

    /// <summary>Gives up the offsets that records which were lost without a trace may have had, before the first run that follows them. Again where that was taken back.</summary>
    private void SkipDoubt(TopicLog topic)
    {
        var head = topic.HandedOver!;
        for (var left = _store.DoubtFor(head.LastGroup); left > 0;)
        {
            var stamp = _clock.Stamp();
            var run = new RunDescriptor
            {
                Kind = RunKind.Lost,
                FirstOffset = head.Next,
                Count = (int)Math.Min(left, int.MaxValue),
                AppendTimeUnixMs = stamp,
                BaseTimeUnixMs = stamp,
            };
            Group(0, isFirst: true).Add(topic, run, default);
            left -= run.Count;
            head.Apply(run, left > 0 ? 0 : _store.Store.State.DoubtGroup);
        }
    }

    private void CheckOrigin(TopicLog topic, NodeId origin, Position held)
    {
        if (held.IsNone && topic.HandedOver!.OtherOrigins >= _options.MaxOriginsPerTopic)
        {
            throw new EventMeshException(
                MeshErrorCode.LogFull,
                $"Topic '{topic.Name}' holds events of {_options.MaxOriginsPerTopic} other nodes, which is the limit; '{origin}' would be one more.");
        }
    }

    private void RefuseOwn(NodeId origin)
    {
        if (origin == _node)
        {
            throw new EventMeshException(MeshErrorCode.MalformedFrame, $"Events of '{origin}' came to that node from another one.");
        }
    }
}
