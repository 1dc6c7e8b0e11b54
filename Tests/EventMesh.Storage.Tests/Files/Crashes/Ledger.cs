using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>The truth, kept beside the store over all its lives: what was handed over in which order, promised and shown. It hears every flush and looks at once.</summary>
internal sealed class Ledger(CrashPlan plan) : IFlushListener
{
    private readonly List<HandOver> _unflushed = [];
    private IEventLog? _log;
    private long _version;
    private long _lastIncarnation;
    private CrashViolation? _heard;

    /// <summary>Where those who wait for the store go on: when the ledger looks.</summary>
    public StepContext Context { get; } = new();

    public IReadOnlyList<TopicLedger> Topics { get; } = [.. plan.Topics.Select(static topic => new TopicLedger(topic))];

    /// <summary>Records that were shown, in all topics.</summary>
    public long Shown => Topics.Sum(static topic => topic.SeenEnd);

    /// <summary>Receipts that were checked, by the durability that they name.</summary>
    public long[] Receipts { get; } = new long[3];

    /// <summary>Whether anything is promised that is not kept yet.</summary>
    public bool HasUnflushed => _unflushed.Count > 0;

    /// <summary>Takes note of what was handed over.</summary>
    public void Add(HandOver handOver) => _unflushed.Add(handOver);

    /// <summary>A store was opened. What it holds must be what was shown, and nothing but what was handed over, in that order.</summary>
    /// <param name="log">The store.</param>
    /// <param name="keepsWritten">Whether the machine went on: then what was acknowledged as written is there too.</param>
    public void Opened(IEventLog log, bool keepsWritten)
    {
        _log = log;
        _version = log.FlushVersion;
        CrashViolation.ThrowUnless(log.Identity.Incarnation.Value > _lastIncarnation, $"Incarnation {log.Identity.Incarnation} follows {_lastIncarnation}.");
        _lastIncarnation = log.Identity.Incarnation.Value;
        CrashViolation.ThrowUnless(log.Health.DamagedRanges == 0, $"{log.Health.DamagedRanges} ranges are said to be damaged, but nothing was.");
        foreach (var topic in Topics)
        {
            topic.LoseWriters();
            TopicReading.CheckAll(plan, topic, log.GetReader(topic.Topic));
        }

        CheckPrefix(keepsWritten);
        _unflushed.Clear();
        foreach (var topic in Topics)
        {
            var bounds = log.GetReader(topic.Topic).Bounds;
            topic.TakeBack(bounds.End.Value);
            topic.AskedStart = bounds.Start.Value;
            TopicReading.CheckIndex(topic, log.GetReader(topic.Topic));
        }

        CheckListing();
    }

    /// <summary>The store has lost its disk, or its process: it may tell nobody of anything any more.</summary>
    public void Died()
    {
        Settle();
        _log = null;
    }

    /// <summary>The store is closed: nobody waits for it any more.</summary>
    public void Closed()
    {
        Settle();
        _log = null;
        var waiting = _unflushed.Find(static handOver => !handOver.Wait.IsCompleted);
        CrashViolation.ThrowUnless(waiting is null, $"The store is closed, and {waiting} still waits. {waiting?.Wait.Status} {waiting?.Topic.SeenEnd} {SynchronizationContext.Current} {TaskScheduler.Current}");
    }

    /// <summary>Checks what those who wait have been told since the last time.</summary>
    public void Settle()
    {
        Context.Drain();
        if (_heard is not null)
        {
            throw _heard;
        }

        foreach (var handOver in _unflushed.Where(static handOver => !handOver.IsAcknowledged && handOver.Wait.IsCompletedSuccessfully))
        {
            handOver.IsAcknowledged = true;
            handOver.Check();
            Receipts[(int)handOver.Durability]++;
            if (handOver.Durability == Durability.Disk)
            {
                CrashViolation.ThrowUnless(IsShown(handOver), $"Acknowledged but not shown: {handOver}.");
            }
        }

        if (_log?.Health.Status == LogStatus.Full || _unflushed.Exists(static handOver => CodeOf(handOver.Wait) == MeshErrorCode.LogFull))
        {
            TakeBackAll();
        }

        _unflushed.RemoveAll(handOver => handOver.IsAcknowledged && IsShown(handOver));
    }

    void IFlushListener.OnFlushed(ReadOnlySpan<TopicAdvance> advances)
    {
        try
        {
            Hear(advances);
        }
        catch (CrashViolation violation)
        {
            // The store guards itself against listeners that throw: it is told at the next step.
            _heard ??= violation;
        }
    }

    /// <summary>Whatever can be read must have been told of.</summary>
    public void CheckTold()
    {
        foreach (var topic in Topics)
        {
            var end = _log!.GetReader(topic.Topic).Bounds.End.Value;
            CrashViolation.ThrowUnless(end == topic.SeenEnd, $"{topic.Topic} can be read up to {end}, but nobody was told beyond {topic.SeenEnd}.");
        }
    }

    private static MeshErrorCode CodeOf(Task task) =>
        task.Exception?.InnerException is EventMeshException e ? e.Code : MeshErrorCode.None;

    private static bool IsShown(HandOver handOver) => handOver.IsTrim ? handOver.Topic.SeenStart >= handOver.End : handOver.Topic.SeenEnd >= handOver.End;

    private void Hear(ReadOnlySpan<TopicAdvance> advances)
    {
        CrashViolation.ThrowUnless(_log is not null, "A store that was closed tells of a flush.");
        CrashViolation.ThrowUnless(_log.FlushVersion > _version, "A flush has not moved the version.");
        _version = _log.FlushVersion;
        foreach (var topic in Topics)
        {
            topic.EndBeforeLastFlush = topic.SeenEnd;
        }

        foreach (var advance in advances)
        {
            var reader = _log.GetReader(advance.Topic);
            CrashViolation.ThrowUnless(reader.Bounds.End == advance.End, $"{advance} is told, but {reader.Bounds} can be read.");
            TopicReading.CheckNew(plan, Topics.Single(topic => topic.Topic == advance.Topic), reader);
        }
    }

    /// <summary>The store had no room: everything that was not flushed never was.</summary>
    private void TakeBackAll()
    {
        foreach (var handOver in _unflushed.Where(static handOver => !IsShown(handOver)))
        {
            var isKept = handOver.Durability == Durability.Memory || !handOver.IsAcknowledged;
            CrashViolation.ThrowUnless(isKept, $"Taken back after it was acknowledged: {handOver}.");
        }

        _unflushed.Clear();
        foreach (var topic in Topics)
        {
            topic.TakeBack(topic.SeenEnd);
            topic.AskedStart = topic.SeenStart;
            var next = topic.Writer?.NextOffset.Value ?? topic.SeenEnd;
            CrashViolation.ThrowUnless(next == topic.SeenEnd, $"{topic.Topic} goes on at {next}, shown is {topic.SeenEnd}.");
        }
    }

    /// <summary>Groups are written one after the other: where something was lost, everything later was lost too, and no batch in part.</summary>
    private void CheckPrefix(bool keepsWritten)
    {
        var last = _unflushed.FindLastIndex(static handOver => handOver.Count > 0 && handOver.Topic.SeenEnd > handOver.First);
        for (var i = 0; i < _unflushed.Count; i++)
        {
            var handOver = _unflushed[i];
            var isPromised = handOver.IsAcknowledged && (handOver.Durability == Durability.Disk || (keepsWritten && handOver.Durability == Durability.Os));
            CrashViolation.ThrowUnless(IsShown(handOver) || (i > last && !isPromised), $"Lost, although what follows it is there or it was promised: {handOver}; of what was not flushed: {string.Join("; ", _unflushed.Select((other, j) => $"{j} {other} {(IsShown(other) ? "shown" : "lost")} up to {other.Topic.SeenEnd}, {CodeOf(other.Wait)}"))}");
        }
    }

    private void CheckListing()
    {
        var listed = _log!.ListTopics(default, 1000).ToDictionary(static summary => summary.Topic);
        foreach (var topic in Topics.Where(static topic => topic.SeenEnd > 0))
        {
            if (!listed.TryGetValue(topic.Topic, out var summary))
            {
                CrashViolation.ThrowUnless(topic.AskedDeleteEnds.Contains(topic.SeenEnd), $"{topic.Topic} is not listed.");
                continue;
            }

            CrashViolation.ThrowUnless(topic.DeletedEnd != topic.SeenEnd, $"{topic.Topic} was deleted, but is listed.");
            CrashViolation.ThrowUnless(summary.Bounds == _log.GetReader(topic.Topic).Bounds, $"{summary} is listed.");
            CrashViolation.ThrowUnless(summary.OwnPosition == topic.Held(CrashRig.Node), $"{summary} is listed, own is {topic.Held(CrashRig.Node)}.");
        }
    }
}
