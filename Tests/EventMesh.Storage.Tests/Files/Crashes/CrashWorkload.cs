using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>What clients, links and operators ask of the store, as the seed says, and what they must be told.</summary>
internal sealed class CrashWorkload(CrashRig rig, CrashPlan plan, Ledger ledger, StoreBuild build, Random random)
{
    private static readonly Durability[] Durabilities = [Durability.Disk, Durability.Disk, Durability.Os, Durability.Memory];

    private long _payloads;

    /// <summary>Appends, replicates, trims or opens a writer.</summary>
    public void Step()
    {
        var topic = ledger.Topics[random.Next(ledger.Topics.Count)];
        switch (random.Next(100))
        {
            case < 6 when topic.Writer is not null:
                Open(topic);
                break;
            case < 10 when topic.Writer is not null:
                Finish(topic.Writer.DisposeAsync());
                topic.Writer = null;
                break;
            case < 16:
                Trim(topic);
                break;
            case < 18:
                Delete(topic);
                break;
            case < 22:
                UseFenced(topic);
                break;
            case < 45 when plan.Origins.Count > 0:
                Replicate(topic);
                break;
            case < 70 when plan.Producers.Count > 0:
                Produce(topic);
                break;
            default:
                Append(topic);
                break;
        }
    }

    /// <summary>Sends again whatever other nodes and producers have sent: nothing of it may be stored.</summary>
    public void RepeatEverything()
    {
        foreach (var topic in ledger.Topics.Where(static topic => topic.Records.Count > 0))
        {
            if (Writer(topic) is not { } writer)
            {
                return;
            }

            foreach (var peer in topic.Peers.Values)
            {
                foreach (var batch in peer.Sent.Where(batch => batch.Last <= topic.Held(peer.Origin)))
                {
                    Send(topic, writer, batch);
                }
            }

            foreach (var (producer, batches) in topic.Producers)
            {
                foreach (var batch in batches.TakeLast(5))
                {
                    Repeat(topic, writer, producer, batch);
                }
            }

            CrashViolation.ThrowUnless(writer.NextOffset.Value == topic.Records.Count, $"{topic.Topic}: what was repeated was stored.");
        }
    }

    /// <summary>Opens the topic's writer, which fences the older one.</summary>
    private ITopicWriter? Open(TopicLedger topic)
    {
        var task = rig.Log!.OpenWriterAsync(topic.Topic, CancellationToken.None).AsTask();
        if (!task.IsCompletedSuccessfully)
        {
            CheckRefusal(topic, task);
            return null;
        }

        var writer = build.Wrap(task.Result);
        CrashViolation.ThrowUnless(writer.Term.Value > topic.LastTerm, $"{topic.Topic}: term {writer.Term} follows {topic.LastTerm}.");
        CrashViolation.ThrowUnless(
            writer.NextOffset.Value == topic.Records.Count, $"{topic.Topic}: writer {writer.Term} begins at {writer.NextOffset} instead of {topic.Records.Count}.");
        topic.LastTerm = writer.Term.Value;
        topic.FencedWriter = topic.Writer;
        topic.Writer = writer;
        return writer;
    }

    private ITopicWriter? Writer(TopicLedger topic) => topic.Writer ?? Open(topic);

    private void UseFenced(TopicLedger topic)
    {
        if (topic.FencedWriter is { } writer)
        {
            var task = writer.AppendAsync(Events(1, out _), Durability.Disk, CancellationToken.None).AsTask();
            var code = (task.Exception?.InnerException as EventMeshException)?.Code;
            CrashViolation.ThrowUnless(code is MeshErrorCode.LogFenced or MeshErrorCode.LogFailed, $"{topic.Topic}: a fenced writer is told {code}.");
        }
    }

    private void Append(TopicLedger topic)
    {
        if (Writer(topic) is { } writer)
        {
            var events = Events(random.Next(1, 6), out var bodies);
            Append(topic, writer, events, bodies, default);
        }
    }

    private void Produce(TopicLedger topic)
    {
        if (Writer(topic) is not { } writer)
        {
            return;
        }

        var producer = plan.Producers[random.Next(plan.Producers.Count)];
        if (!topic.Producers.TryGetValue(producer, out var batches))
        {
            topic.Producers[producer] = batches = [];
        }

        if (batches.Count > 0 && random.Next(3) == 0)
        {
            Repeat(topic, writer, producer, batches[^random.Next(1, Math.Min(5, batches.Count) + 1)]);
            return;
        }

        var next = batches.Count == 0 ? 0 : batches[^1].FirstSequence + batches[^1].Count;
        var events = Events(random.Next(1, 4), out var bodies);
        var offset = topic.Records.Count;
        if (Append(topic, writer, events, bodies, new ProducerStamp(producer, next)))
        {
            batches.Add(new SentBatch(next, events.Count, offset));
        }
    }

    /// <summary>Appends a batch; false when it was refused.</summary>
    private bool Append(TopicLedger topic, ITopicWriter writer, EventBatch events, List<byte[]> bodies, ProducerStamp producer)
    {
        var durability = Durabilities[random.Next(Durabilities.Length)];
        var offset = topic.Records.Count;
        var first = new Position(rig.Log!.Identity.Incarnation, topic.Held(CrashRig.Node).NextSequence);
        var task = writer.AppendAsync(events, producer, durability, CancellationToken.None).AsTask();
        if (task.IsFaulted)
        {
            CheckRefusal(topic, task);
            return false;
        }

        for (var i = 0; i < bodies.Count; i++)
        {
            topic.Records.Add(new ModelRecord(RecordKind.Event, CrashRig.Node, new Position(first.Incarnation, first.Sequence + i), bodies[i], null));
        }

        HandedOver(topic, offset, events.Count, durability, task, () =>
        {
            var expected = new AppendResult(new LogOffset(offset), first, events.Count, durability);
            CrashViolation.ThrowUnless(task.Result == expected, $"{topic.Topic}: the receipt is {task.Result} instead of {expected}.");
        });
        return true;
    }

    /// <summary>A producer sends a batch again: it gets the receipt of the first time.</summary>
    private void Repeat(TopicLedger topic, ITopicWriter writer, ProducerId producer, SentBatch batch)
    {
        var durability = Durabilities[random.Next(Durabilities.Length)];
        var first = topic.Records[(int)batch.Offset].Position;
        var task = writer.AppendAsync(Events(batch.Count, out _), new ProducerStamp(producer, batch.FirstSequence), durability, CancellationToken.None).AsTask();
        if (task.IsFaulted)
        {
            CheckRefusal(topic, task);
            return;
        }

        ledger.Add(new HandOver(topic, batch.Offset + batch.Count, 0, durability, task, () =>
        {
            var expected = new AppendResult(new LogOffset(batch.Offset), first, batch.Count, durability, IsDuplicate: true);
            CrashViolation.ThrowUnless(task.Result == expected, $"{topic.Topic}: a repeat of {producer} gets {task.Result} instead of {expected}.");
        }));
    }

    private void Replicate(TopicLedger topic)
    {
        if (Writer(topic) is not { } writer)
        {
            return;
        }

        var origin = plan.Origins[random.Next(plan.Origins.Count)];
        if (!topic.Peers.TryGetValue(origin, out var peer))
        {
            topic.Peers[origin] = peer = new PeerLog(origin, 1 + random.Next(5));
        }

        if (random.Next(12) == 0)
        {
            // It loses some of its end, or nothing, or everything.
            peer.Restart(random.Next(8) == 0 ? 0 : Math.Max(0, peer.Count - random.Next(0, 4)));
        }

        for (var i = random.Next(0, 5); i > 0; i--)
        {
            peer.Publish(Payload(), random.Next(1_000_000));
        }

        var held = topic.Held(origin);
        if (random.Next(10) == 0)
        {
            SendGap(topic, writer, peer, held);
            return;
        }

        // Mostly what is wanted; else from before, or with a hole.
        var skip = random.Next(6) switch { 0 => -random.Next(4), 1 => random.Next(3), _ => 0 };
        if (peer.After(held, skip, random.Next(1, 6)) is { } batch)
        {
            peer.Sent.Add(batch);
            Send(topic, writer, batch);
        }
    }

    private void Send(TopicLedger topic, ITopicWriter writer, ReplicaBatch batch)
    {
        var held = topic.Held(batch.Origin);
        var decision = ReplicationRule.Decide(held, batch);
        var task = writer.ReplicateAsync(batch, CancellationToken.None).AsTask();
        if (task.IsFaulted)
        {
            CheckRefusal(topic, task);
            return;
        }

        var (offset, stored) = (topic.Records.Count, 0);
        if (decision.Verdict == ReplicaVerdict.Take)
        {
            AddReplicas(topic, held, batch, decision);
            stored = topic.Records.Count - offset;
        }

        var duplicates = decision.Verdict == ReplicaVerdict.Duplicate ? batch.Events.Count : decision.Skip;
        var after = decision.Verdict == ReplicaVerdict.Take ? batch.Last : held;
        Replicated(topic, batch.Origin, stored, task, new ReplicateResult(decision.Verdict, after, stored, duplicates, decision.Rewound));
    }

    private void SendGap(TopicLedger topic, ITopicWriter writer, PeerLog peer, Position held)
    {
        var to = new Position(new Incarnation(Math.Max(1, held.Incarnation.Value)), held.NextSequence + random.Next(3));
        var gap = new Gap(peer.Origin, held, to, random.Next(2) == 0 ? GapReason.Trimmed : GapReason.NotWanted);
        var task = writer.ReplicateAsync(gap, CancellationToken.None).AsTask();
        if (task.IsFaulted)
        {
            CheckRefusal(topic, task);
            return;
        }

        topic.Records.Add(new ModelRecord(RecordKind.Gap, peer.Origin, to, GapBody.Encode(gap), null));
        Replicated(topic, peer.Origin, 1, task, new ReplicateResult(ReplicaVerdict.Take, to, 1, 0, false));
    }

    private void Replicated(TopicLedger topic, NodeId origin, int stored, Task<ReplicateResult> task, ReplicateResult expected)
    {
        // A duplicate's task, too, is about what is held, up to the origin's last record.
        var end = topic.Records.FindLastIndex(record => record.Origin == origin) + 1;
        HandedOver(topic, end - stored, stored, Durability.Disk, task, () =>
            CrashViolation.ThrowUnless(task.Result == expected, $"{topic.Topic}: {origin} is told {task.Result} instead of {expected}."));
    }

    private static void AddReplicas(TopicLedger topic, Position held, ReplicaBatch batch, ReplicaDecision decision)
    {
        if (decision.Lost)
        {
            var gap = new Gap(batch.Origin, held, held, GapReason.OriginRewound);
            topic.Records.Add(new ModelRecord(RecordKind.Gap, batch.Origin, held, GapBody.Encode(gap), null));
        }

        var reader = new EventBatchReader(batch.Events);
        for (var sequence = batch.FirstSequence; reader.MoveNext(); sequence++)
        {
            if (reader.Read > decision.Skip)
            {
                topic.Records.Add(new ModelRecord(
                    RecordKind.Event, batch.Origin, new Position(batch.Incarnation, sequence), reader.Body.ToArray(), reader.TimeUnixMs));
            }
        }
    }

    private void Trim(TopicLedger topic)
    {
        if (Writer(topic) is { } writer)
        {
            // Sometimes to nothing, and beyond.
            var start = random.Next(3) == 0 ? topic.Records.Count + random.Next(2) : random.Next(topic.Records.Count + 1);
            Trimmed(topic, Math.Min(start, topic.Records.Count), writer.TrimAsync(new LogOffset(start), CancellationToken.None).AsTask(), static () => { });
        }
    }

    private void Delete(TopicLedger topic)
    {
        if (Writer(topic) is { } writer)
        {
            var end = topic.Records.Count;
            topic.AskedDeleteEnds.Add(end);
            Trimmed(topic, end, writer.DeleteAsync(CancellationToken.None).AsTask(), () => topic.DeletedEnd = end);
        }
    }

    private void Trimmed(TopicLedger topic, long start, Task task, Action check)
    {
        if (task.IsFaulted)
        {
            CheckRefusal(topic, task);
            return;
        }

        topic.AskedStart = Math.Max(topic.AskedStart, start);
        ledger.Add(new HandOver(topic, start, 0, Durability.Disk, task, check) { IsTrim = true });
    }

    private void HandedOver(TopicLedger topic, long first, int count, Durability durability, Task task, Action check)
    {
        ledger.Add(new HandOver(topic, first, count, durability, task, check));
        var next = topic.Writer!.NextOffset.Value;
        CrashViolation.ThrowUnless(next == topic.Records.Count, $"{topic.Topic}: {next} comes next instead of {topic.Records.Count}.");
    }

    /// <summary>Whether what was refused may be refused now, and nothing of it was taken.</summary>
    private void CheckRefusal(TopicLedger topic, Task task)
    {
        var code = (task.Exception?.InnerException as EventMeshException)?.Code;
        var health = rig.Log!.Health.Status;
        var isSound = code switch
        {
            MeshErrorCode.LogFailed => health == LogStatus.Failed,
            MeshErrorCode.LogFull => health == LogStatus.Full,
            MeshErrorCode.Busy => ledger.HasUnflushed,
            _ => false,
        };
        CrashViolation.ThrowUnless(isSound, $"{topic.Topic}: refused with {code} while the store is {health}: {task.Exception?.InnerException}");
        if (health != LogStatus.Failed && topic.Writer is { } writer)
        {
            CrashViolation.ThrowUnless(writer.NextOffset.Value == topic.Records.Count, $"{topic.Topic}: refused with {code}, but something was taken.");
        }
    }

    private EventBatch Events(int count, out List<byte[]> bodies)
    {
        var builder = new EventBatchBuilder();
        for (var i = 0; i < count; i++)
        {
            builder.Add(Payload());
        }

        var batch = builder.Build();
        bodies = [];
        for (var reader = new EventBatchReader(batch); reader.MoveNext();)
        {
            bodies.Add(reader.Body.ToArray());
        }

        return batch;
    }

    /// <summary>Every payload is its own, so that nothing passes for something else.</summary>
    private byte[] Payload()
    {
        var bytes = new byte[random.Next(8, random.Next(5) == 0 ? plan.LargestBatch / 4 : 60)];
        random.NextBytes(bytes);
        BitConverter.TryWriteBytes(bytes, ++_payloads);
        return bytes;
    }

    private static void Finish(ValueTask task) => CrashViolation.ThrowUnless(task.IsCompletedSuccessfully, "Closing a writer waits or fails.");
}
