using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;

namespace EventMesh.Storage.Files.Topics;

/// <summary>One topic of the store: what readers need to find its records, and while it is written, its heads.</summary>
/// <remarks>
/// Two sides. What is flushed is guarded by <see cref="Gate"/>: readers look places up under it and read outside it. What is handed over
/// (<see cref="HandedOver"/>, <see cref="Term"/>, <see cref="LastSignal"/>) is guarded by the journal's gate. An idle topic has neither head in memory: they are in the
/// section of its newest slice.
/// </remarks>
/// <param name="name">The topic.</param>
/// <param name="gate">Shared with other topics: held for look-ups only, never while a file is used.</param>
/// <param name="usages">Told of what the topic still wants of the segments.</param>
internal sealed partial class TopicLog(TopicName name, Lock gate, SegmentUsages usages)
{
    public TopicName Name { get; } = name;

    public Lock Gate { get; } = gate;

    /// <summary>The first offset that is held.</summary>
    public long Start { get; private set; }

    /// <summary>The offset after the last flushed record: the read limit.</summary>
    public long Limit { get; private set; }

    /// <summary>When <see cref="Start"/> last moved, by the log's time; 0 where that is only in the section on disk.</summary>
    public long TrimmedAtUnixMs { get; private set; }

    /// <summary>The time of the last flushed append.</summary>
    public long LastAppendUnixMs { get; private set; }

    /// <summary>When it was deleted; 0 while it is not.</summary>
    public long DeletedAtUnixMs { get; private set; }

    /// <summary>The last flushed position of this node's own events.</summary>
    public Position Own { get; private set; }

    /// <summary>The flushed head; null while the topic is idle. Guarded by <see cref="Gate"/>.</summary>
    public HeadTracker? Flushed { get; private set; }

    /// <summary>The head of what is handed over; null while the topic is idle. Guarded by the journal's gate.</summary>
    public HeadTracker? HandedOver { get; set; }

    /// <summary>The newest writer's number. Guarded by the journal's gate.</summary>
    public Term Term { get; set; }

    /// <summary>Writers that are not disposed. Guarded by the journal's gate.</summary>
    public int Writers { get; set; }

    /// <summary>The last group that was given something of this topic; null when it is flushed. Guarded by the journal's gate.</summary>
    public GroupSignal? LastSignal { get; set; }

    /// <summary>When retention by age looks at the topic again. The sweeper's alone.</summary>
    public long AgeCheckUnixMs { get; set; }

    /// <summary>Whether its numbering is being forgotten: nobody may write to it any more. Read under either gate, changed under both.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>Takes up what a directory or checkpoint says; later ones replace what earlier ones said. Only while the store opens.</summary>
    public void Load(in DirectoryEntry entry, SegmentSlice[] slices)
    {
        TakeOff();
        (Start, Limit, LastAppendUnixMs, DeletedAtUnixMs, Own) = (entry.Start, entry.Next, entry.LastAppendUnixMs, entry.DeletedAtUnixMs, entry.Own);
        _slices = slices;
        TakeOn();
    }

    /// <summary>Gives an idle topic its flushed head back. Under the gate.</summary>
    public void Wake(HeadTracker flushed)
    {
        Flushed = flushed;
        TrimmedAtUnixMs = Math.Max(TrimmedAtUnixMs, flushed.TrimmedAtUnixMs);
    }

    /// <summary>Drops the flushed head; the newest slice has it. Under the gate.</summary>
    public void Sleep() => Flushed = null;

    /// <summary>Takes up a run that has been flushed. Under the gate; the topic is awake.</summary>
    /// <param name="node">Whose store it is.</param>
    /// <param name="contents">The segment that it was written to.</param>
    /// <param name="run">The run, with its place in the file.</param>
    /// <param name="group">The group that it came in.</param>
    public void Advance(NodeId node, SegmentContents contents, in RunDescriptor run, long group)
    {
        var slice = _open.Length > 0 && ReferenceEquals(_open[^1].Segment, contents.Segment) ? _open[^1] : Begin(contents);
        var flushed = Flushed!;
        if (run.Kind == RunKind.Head)
        {
            CarryHead(slice, flushed.Build());
            slice.Reach(group);
            return;
        }

        if (!run.First.IsNone)
        {
            var origin = run.Origin.IsEmpty ? node : run.Origin;
            slice.NoteBefore(origin, flushed.PositionOf(origin));
        }

        slice.Add(run, group);
        flushed.Apply(run, group);
        CountTrim(Start, flushed.Start);
        (Start, Limit, LastAppendUnixMs) = (flushed.Start, flushed.Next, flushed.LastAppendUnixMs);
        (TrimmedAtUnixMs, DeletedAtUnixMs, Own) = (flushed.TrimmedAtUnixMs, flushed.DeletedAtUnixMs, flushed.Own);
    }
}
