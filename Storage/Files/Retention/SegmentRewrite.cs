using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Retention;

/// <summary>How far a rewriting has come.</summary>
internal enum RewriteState
{
    /// <summary>There is more to do.</summary>
    Working,

    /// <summary>The newer generation is in its place.</summary>
    Done,

    /// <summary>It was not worth it after all, or not everything in the segment checks out. Nothing has changed.</summary>
    Refused,
}

/// <summary>One rewriting of a segment: plans, copies group by group, seals. Each step reads and writes little. Not thread-safe.</summary>
/// <remarks>
/// Group numbers stay. A topic's head goes before its first run, whether others are left out or not, and the last group's number is there even if the group is empty: so
/// a footer that is lost one day is made again from the groups alone, and says the same.
/// </remarks>
internal sealed class SegmentRewrite
{
    private const int MaxWriteBytes = 256 * 1024;
    private const int ReadsPerWrite = 16;
    private const int StepsPerSegment = 64;

    private readonly RetentionSources _sources;
    private readonly CleaningRule _rule;
    private readonly RewritePlan _plan;
    private readonly SegmentScanner _scanner;
    private readonly List<KeptRun> _kept = [];
    private readonly int _writeBytes;
    private RewriteTarget? _target;
    private long _group;

    public SegmentRewrite(RetentionSources sources, CleaningRule rule, SegmentFile segment, DirectoryEntry[] entries)
    {
        (_sources, _rule, Segment) = (sources, rule, segment);
        _plan = new RewritePlan(sources, segment, entries);
        _writeBytes = Math.Clamp(sources.Options.SegmentBytes / StepsPerSegment, 1, MaxWriteBytes);
        var footer = FooterReader.ReadTrailer(segment.File, segment.Number, segment.Header.Generation)?.FooterPosition ?? 0;
        _scanner = new SegmentScanner(segment.File, segment.Header, footer);
    }

    /// <summary>The generation that is rewritten.</summary>
    public SegmentFile Segment { get; }

    /// <summary>The newer generation, once it is in its place.</summary>
    public SegmentFile? Newer { get; private set; }

    /// <summary>What the older generation's directory says.</summary>
    public DirectoryEntry[] Older => _plan.Entries;

    /// <summary>What the newer generation's directory says, once it is in its place.</summary>
    public DirectoryEntry[] Entries { get; private set; } = [];

    /// <summary>Does the next step. After <see cref="RewriteState.Refused"/> or an exception: <see cref="Discard"/>.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>LogCorrupted</c>: a section is damaged.</exception>
    /// <exception cref="IOException">The disk failed or is full; the older generation is as it was.</exception>
    public RewriteState Step()
    {
        if (_target is null)
        {
            return Plan();
        }

        var read = _scanner.Position;
        while (_target.Pending < _writeBytes && _scanner.Position - read < (long)_writeBytes * ReadsPerWrite)
        {
            if (_scanner.Next() is not { } group)
            {
                return IsWhole() ? Finish() : RewriteState.Refused;
            }

            if (group.State != GroupState.Sound || !TryCopy(group))
            {
                return RewriteState.Refused;
            }
        }

        if (_target.Pending > 0)
        {
            _target.Flush();
        }

        return RewriteState.Working;
    }

    /// <summary>Removes what was written, unless it is in its place.</summary>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Discard()
    {
        if (Newer is null)
        {
            _target?.Discard();
        }
    }

    private RewriteState Plan()
    {
        if (!_plan.Step())
        {
            return RewriteState.Working;
        }

        if (_plan.IsRefused || !_rule.IsWorthKeeping(Segment.File.Length, _plan.Bytes))
        {
            return RewriteState.Refused;
        }

        _target = new RewriteTarget(_sources.Directory, Segment, _sources.Services.NextSalt(), _plan.Bytes);
        return RewriteState.Working;
    }

    private bool IsWhole() => _scanner.Position == _scanner.End && _scanner.LastNumber == Segment.LastGroup;

    private bool TryCopy(in ScannedGroup group)
    {
        _kept.Clear();
        _group = group.LastNumber;
        foreach (var scanned in group.Runs)
        {
            if (_plan.Of(scanned.Topic) is { } topic)
            {
                Choose(topic, scanned.Topic, scanned.Run);
            }
        }

        return _kept.Count == 0 || _target!.TryAdd(_group, _kept, Note);
    }

    private void Choose(TopicPlan topic, TopicName name, in RunDescriptor run)
    {
        if (topic.Part == KeptPart.All || (topic.Part == KeptPart.FromRun && run.Kind != RunKind.Head && IsKept(topic, run)))
        {
            Begin(topic, name, run.AppendTimeUnixMs);
            _kept.Add(new KeptRun(name, run, null));
        }
        else if (topic.Part == KeptPart.Head)
        {
            Begin(topic, name, run.AppendTimeUnixMs);
        }
        else
        {
            topic.LastLeft = _group;
        }
    }

    /// <summary>Runs from the first that is kept on; what changed the start before that is in the head that goes first.</summary>
    private static bool IsKept(TopicPlan topic, in RunDescriptor run) => run.Count > 0 ? run.FirstOffset >= topic.First!.Next : topic.Written is not null;

    /// <summary>Puts the topic's head first where it needs one.</summary>
    private void Begin(TopicPlan topic, TopicName name, long timeUnixMs)
    {
        if (topic.Written is not null)
        {
            return;
        }

        topic.Written = new OpenSlice(name, _target!.Segment);
        if (topic.First is { } first)
        {
            var head = topic.Part == KeptPart.FromRun ? first with { LastGroup = topic.LastLeft } : first;
            topic.Written.Head = head;
            var bytes = new FieldWriter();
            TopicHeadCodec.Write(bytes, head);
            var run = new RunDescriptor
            {
                Kind = RunKind.Head,
                FirstOffset = head.Next,
                Count = 0,
                AppendTimeUnixMs = timeUnixMs,
                Length = bytes.Length,
                Crc = Crc32C.Compute(bytes.Written),
            };
            _kept.Add(new KeptRun(name, run, bytes.Written.ToArray()));
        }
    }

    private void Note(KeptRun kept)
    {
        var slice = _plan.Of(kept.Topic)!.Written!;
        if (kept.Run.Kind == RunKind.Head)
        {
            slice.Reach(_group);
        }
        else
        {
            slice.Add(kept.Run, _group);
        }
    }

    private RewriteState Finish()
    {
        var target = _target!;
        _kept.Clear();
        if (target.LastNumber < Segment.LastGroup && !target.TryAdd(Segment.LastGroup, _kept, Note))
        {
            return RewriteState.Refused;
        }

        if (Contents() is not { } contents)
        {
            return RewriteState.Refused;
        }

        target.Flush();
        Entries = FooterWriter.Seal(_sources.Store.Identity.Node, target.Segment, target.EndOfGroups, contents, cut: true);
        target.TakePlace();
        Newer = target.Segment;
        return RewriteState.Done;
    }

    /// <summary>The sections of the new footer; null where one would not say what it must.</summary>
    private List<(TopicName, SliceContent)>? Contents()
    {
        var contents = new List<(TopicName, SliceContent)>();
        foreach (var entry in _plan.Entries)
        {
            if (_plan.Of(entry.Topic) is not { } topic)
            {
                continue;
            }

            if (topic.Written is not { } slice || slice.Runs.Count != topic.RunCount)
            {
                return null;
            }

            var content = topic.Part == KeptPart.All
                ? new SliceContent(topic.Head, [.. slice.Runs], topic.Before)
                : SliceBuilder.Build(_sources.Store.Identity.Node, _sources.Options, slice, before: null);
            if (!CutHead.Same(content.Head, topic.Head))
            {
                return null;
            }

            contents.Add((entry.Topic, content));
        }

        return contents;
    }
}
