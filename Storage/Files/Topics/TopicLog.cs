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
internal sealed class TopicLog(TopicName name, Lock gate)
{
    private SegmentSlice[] _slices = [];
    private OpenSlice[] _open = [];

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

    /// <summary>The parts in sealed segments, in order of their offsets. The array never changes: take it under the gate, use it outside.</summary>
    public SegmentSlice[] Slices => _slices;

    /// <summary>The parts in segments without a footer, oldest first; they follow <see cref="Slices"/>. Use them under the gate.</summary>
    public ReadOnlySpan<OpenSlice> Open => _open;

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

    /// <summary>Bytes of records from the start on, roughly: whole slices count until all of them is trimmed.</summary>
    public long Bytes
    {
        get
        {
            var sum = 0L;
            if (Start == Limit)
            {
                return 0;
            }

            for (var i = 0; i < _slices.Length; i++)
            {
                sum += EndOf(i) > Start ? _slices[i].RecordBytes : 0;
            }

            foreach (var slice in _open)
            {
                sum += slice.RecordBytes;
            }

            return sum;
        }
    }

    /// <summary>The first offset that no sealed slice covers.</summary>
    public long OpenFrom
    {
        get
        {
            foreach (var slice in _open)
            {
                if (slice.Runs.Count > 0)
                {
                    return slice.Runs[0].FirstOffset;
                }
            }

            return Limit;
        }
    }

    /// <summary>When retention by age looks at the topic again. The sweeper's alone.</summary>
    public long AgeCheckUnixMs { get; set; }

    /// <summary>Whether nothing of the topic's records in segment <paramref name="number"/> is held any more. Under the gate.</summary>
    public bool IsDeadIn(long number)
    {
        for (var i = 0; i < _slices.Length; i++)
        {
            if (_slices[i].Segment == number)
            {
                return EndOf(i) <= Start;
            }
        }

        return true;
    }

    /// <summary>Whether the head would still be known without segment <paramref name="number"/>. Under the gate.</summary>
    public bool HasHeadBeyond(long number) =>
        _slices.Length > 0 && _slices[^1].Segment != number ? _slices.Any(slice => slice.Segment > number) : _open.Length > 0 && _open[0].Head is not null;

    /// <summary>The offset after the topic's last record in segment <paramref name="number"/>; the start where it has none there. Under the gate.</summary>
    public long EndIn(long number)
    {
        var index = Array.FindIndex(_slices, slice => slice.Segment == number);
        return index < 0 ? Start : EndOf(index);
    }

    /// <summary>Takes up what a directory or checkpoint says; later ones replace what earlier ones said. Only while the store opens.</summary>
    public void Load(in DirectoryEntry entry, SegmentSlice[] slices)
    {
        (Start, Limit, LastAppendUnixMs, DeletedAtUnixMs, Own) = (entry.Start, entry.Next, entry.LastAppendUnixMs, entry.DeletedAtUnixMs, entry.Own);
        _slices = slices;
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
            slice.Head = flushed.Build();
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
        (Start, Limit, LastAppendUnixMs) = (flushed.Start, flushed.Next, flushed.LastAppendUnixMs);
        (TrimmedAtUnixMs, DeletedAtUnixMs, Own) = (flushed.TrimmedAtUnixMs, flushed.DeletedAtUnixMs, flushed.Own);
    }

    /// <summary>Puts the slice of a footer in the place of what the segment was read from while it had none. Under the gate.</summary>
    public void Seal(SegmentFile segment, SegmentSlice slice)
    {
        _open = [.. _open.Where(open => !ReferenceEquals(open.Segment, segment))];
        _slices = [.. _slices, slice];
    }

    /// <summary>Forgets the slice in segment <paramref name="number"/>, which is about to go. Under the gate.</summary>
    public void Drop(long number) => _slices = [.. _slices.Where(slice => slice.Segment != number)];

    /// <summary>Puts slices of a rewritten segment in the place of the older generation's; null where nothing of it was kept. Under the gate.</summary>
    public void Replace(long number, SegmentSlice? replacement) =>
        _slices = [.. _slices.Where(slice => slice.Segment != number || replacement is not null).Select(slice => slice.Segment == number ? replacement!.Value : slice)];

    private long EndOf(int slice) => slice + 1 < _slices.Length ? _slices[slice + 1].FirstOffset : OpenFrom;

    private OpenSlice Begin(SegmentContents contents)
    {
        var slice = contents.SliceOf(Name);
        _open = [.. _open, slice];
        return slice;
    }
}
