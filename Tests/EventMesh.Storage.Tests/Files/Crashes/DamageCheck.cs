using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>Turns bits of a store at rest, opens it, and checks that nothing wrong is served, nothing is silently missing, and no number is given twice.</summary>
/// <param name="rig">The machine; the store is closed.</param>
/// <param name="ledger">What was promised.</param>
/// <param name="random">Which bits.</param>
/// <param name="wasClosed">Whether it was closed in order; else the last group, damaged, cannot be told from one that was never written.</param>
internal sealed class DamageCheck(CrashRig rig, Ledger ledger, Random random, bool wasClosed) : IFlushListener
{
    private readonly List<string> _flips = [];
    private readonly List<string> _missing = [];
    private int _storeFlips;

    /// <summary>Records that are no longer there, and that a gap or the report names.</summary>
    public long Missing { get; private set; }

    public override string ToString() => $"{string.Join(", ", _flips)}; missing: {string.Join(", ", _missing)}";

    public void Run(int flips)
    {
        for (var i = 0; i < flips; i++)
        {
            Flip();
        }

        if (!TryOpen())
        {
            return;
        }

        foreach (var topic in ledger.Topics)
        {
            Check(topic);
        }

        var reported = rig.Log!.Health.DamagedRanges;
        CrashViolation.ThrowUnless(Missing == 0 || reported > 0, $"{Missing} records are missing, but nothing was reported as damaged.");
        ledger.Topics.ToList().ForEach(Append);
        rig.Close();

        // What was found out holds over the next start.
        CrashViolation.ThrowUnless(TryOpen(), "A store that opened does not open again.");
        ledger.Topics.ToList().ForEach(Check);
        rig.Close();
    }

    void IFlushListener.OnFlushed(ReadOnlySpan<TopicAdvance> advances)
    {
    }

    private void Flip()
    {
        var files = rig.Directory.List().Where(static file => file.Length > 0).ToList();
        var file = files[random.Next(files.Count)];
        var bytes = rig.Directory.Contents(file.Name);
        var position = random.Next(bytes.Length);
        for (var i = 0; i < 50 && bytes[position] == 0; i++)
        {
            // Most of a segment is zeros that mean nothing.
            position = random.Next(bytes.Length);
        }

        var bit = random.Next(8);
        rig.Directory.Flip(file.Name, position, bit);
        _storeFlips += file.Name == StoreFile.Name ? 1 : 0;
        _flips.Add($"{file.Name} byte {position} bit {bit}");
    }

    /// <summary>Opens the store; false where nobody can tell any more whose it is, and it says so.</summary>
    private bool TryOpen()
    {
        try
        {
            rig.Open(this);
            return true;
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted && _storeFlips > 1)
        {
            return false;
        }
    }

    private void Check(TopicLedger topic)
    {
        var reader = rig.Log!.GetReader(topic.Topic);
        var (next, end) = (reader.Bounds.Start.Value, reader.Bounds.End.Value);
        while (next < end)
        {
            using var batch = reader.Now(next);
            foreach (var record in batch.Records)
            {
                CrashViolation.ThrowUnless(record.Offset.Value == next && record.Next.Value > next && record.Next.Value <= end, $"{topic.Topic}: a reader at {next} gets {record}.");
                Check(topic, record);
                next = record.Next.Value;
            }

            CrashViolation.ThrowUnless(batch.Records.Count > 0 && batch.Next.Value == next, $"{topic.Topic}: a reader stops at {next}, the end is {end}.");
        }

        Miss(topic, end, PromisedEnd(topic));
    }

    private void Miss(TopicLedger topic, long from, long to)
    {
        if (from < to)
        {
            Missing += to - from;
            _missing.Add($"{topic.Topic} {from} to {to - 1}");
        }
    }

    private void Check(TopicLedger topic, in EventRecord record)
    {
        if (record.Kind == RecordKind.Gap && GapBody.Decode(record.Body.Span).Reason == GapReason.Corrupt)
        {
            Miss(topic, record.Offset.Value, Math.Min(record.Next.Value, topic.SeenEnd));
            return;
        }

        var offset = record.Offset.Value;
        CrashViolation.ThrowUnless(offset < topic.Records.Count, $"{topic.Topic}: a record at {offset} was never handed over: {record}.");
        var differs = topic.Records[(int)offset].Differs(record);
        CrashViolation.ThrowUnless(differs is null && record.Next.Value == offset + 1, $"{topic.Topic}: the record at {offset} {differs}, next {record.Next}.");
    }

    /// <summary>Where the topic ends at least, whatever was damaged, unless that is reported.</summary>
    private long PromisedEnd(TopicLedger topic) => wasClosed ? topic.SeenEnd : topic.EndBeforeLastFlush;

    private void Append(TopicLedger topic)
    {
        var open = rig.Log!.OpenWriterAsync(topic.Topic, CancellationToken.None).AsTask();
        CrashViolation.ThrowUnless(open.IsCompletedSuccessfully, $"{topic.Topic} cannot be written any more: {open.Exception?.InnerException}");
        var builder = new EventBatchBuilder();
        builder.Add([1, 2, 3]);
        var append = open.Result.AppendAsync(builder.Build(), Durability.Disk, CancellationToken.None).AsTask();
        while (rig.Writing.RunOne() || rig.Background.RunOne())
        {
            ledger.Context.Drain();
        }

        CrashViolation.ThrowUnless(append.IsCompletedSuccessfully, $"{topic.Topic} takes nothing any more: {append.Exception?.InnerException}");
        var receipt = append.Result;
        CrashViolation.ThrowUnless(
            receipt.FirstOffset.Value >= PromisedEnd(topic), $"{topic.Topic}: offset {receipt.FirstOffset} is given again, it was shown up to {topic.SeenEnd}.");
        CrashViolation.ThrowUnless(
            receipt.First > topic.Held(CrashRig.Node), $"{topic.Topic}: position {receipt.First} is given after {topic.Held(CrashRig.Node)}.");

        // From here on it is a record like the others; what the damage left between is a gap.
        var offset = (int)receipt.FirstOffset.Value;
        while (topic.Records.Count <= offset)
        {
            topic.Records.Add(new ModelRecord(RecordKind.Gap, default, default, [], null));
        }

        var reader = new EventBatchReader(builder.Build());
        reader.MoveNext();
        topic.Records[offset] = new ModelRecord(RecordKind.Event, CrashRig.Node, receipt.First, reader.Body.ToArray(), null);
        topic.SeenEnd = topic.EndBeforeLastFlush = offset + 1;
    }
}
