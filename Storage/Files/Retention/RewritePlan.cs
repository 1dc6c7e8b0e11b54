using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Recovery;
using EventMesh.Storage.Files.Topics;

namespace EventMesh.Storage.Files.Retention;

/// <summary>What a rewritten segment keeps of a topic.</summary>
internal enum KeptPart
{
    /// <summary>The runs from one on, behind a head that stands for what came before.</summary>
    FromRun,

    /// <summary>Everything, as it is.</summary>
    All,

    /// <summary>Its head alone: there is no newer one.</summary>
    Head,
}

/// <summary>What a rewritten segment keeps of one topic, and how far that has come. Not thread-safe.</summary>
/// <param name="part">What.</param>
/// <param name="head">The head as of the segment's end.</param>
/// <param name="before">Positions before the first records, of the older section; they stay where everything is kept.</param>
/// <param name="first">The head that goes first; null where everything is kept.</param>
/// <param name="runCount">Runs that cover offsets and are kept.</param>
internal sealed class TopicPlan(
    KeptPart part, TopicHead head, IReadOnlyList<KeyValuePair<NodeId, Position>> before, TopicHead? first, int runCount)
{
    public KeptPart Part { get; } = part;

    /// <summary>The head as of the segment's end.</summary>
    public TopicHead Head { get; } = head;

    /// <summary>Positions before the first records, of the older section.</summary>
    public IReadOnlyList<KeyValuePair<NodeId, Position>> Before { get; } = before;

    /// <summary>The head that goes first.</summary>
    public TopicHead? First { get; } = first;

    /// <summary>Runs that cover offsets and are kept.</summary>
    public int RunCount { get; } = runCount;

    /// <summary>The last group with a run of the topic that was left out.</summary>
    public long LastLeft { get; set; }

    /// <summary>What was written of the topic so far; null for nothing.</summary>
    public OpenSlice? Written { get; set; }
}

/// <summary>Finds out what of a segment is still wanted, from the sections of its footer, a part of them a step. Not thread-safe.</summary>
/// <remarks>
/// What it finds stays true while the segment is rewritten: starts only go up, and a head that is known from a later place stays known from one. What goes in the
/// meantime is kept once more, no harm done.
/// </remarks>
internal sealed class RewritePlan
{
    private const int TopicsPerStep = 1024;

    // Header, alignment and what an entry of the table has beside the topic's name, roughly.
    private const int RunOverhead = 128;

    private readonly RetentionSources _sources;
    private readonly SegmentFile _segment;
    private readonly Dictionary<TopicName, TopicPlan> _topics = [];
    private int _next;

    public RewritePlan(RetentionSources sources, SegmentFile segment, DirectoryEntry[] entries) =>
        (_sources, _segment, Entries) = (sources, segment, entries);

    /// <summary>The segment's directory.</summary>
    public DirectoryEntry[] Entries { get; }

    /// <summary>Bytes that the rewritten segment takes, roughly.</summary>
    public long Bytes { get; private set; } = SegmentHeader.PageBytes;

    /// <summary>Whether the segment is not yet, or no longer, what its topics say: nothing can be planned.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>What is kept of a topic; null for nothing.</summary>
    public TopicPlan? Of(TopicName topic) => _topics.GetValueOrDefault(topic);

    /// <summary>Looks at the next topics; true when all have been looked at.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>LogCorrupted</c>: a section is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public bool Step()
    {
        for (var left = TopicsPerStep; left > 0 && _next < Entries.Length && !IsRefused; left--)
        {
            Look(Entries[_next++]);
        }

        return _next == Entries.Length || IsRefused;
    }

    private void Look(in DirectoryEntry entry)
    {
        if (_sources.Topics.Find(entry.Topic) is not { } topic)
        {
            IsRefused = true;
            return;
        }

        long start;
        bool isDead, hasHeadBeyond;
        SegmentSlice[] slices;
        lock (topic.Gate)
        {
            slices = topic.Slices;
            IsRefused = !slices.Contains(entry.Slice);
            (start, isDead, hasHeadBeyond) = (topic.Start, topic.IsDeadIn(_segment.Number), topic.HasHeadBeyond(_segment.Number));
        }

        if (IsRefused || (isDead && hasHeadBeyond))
        {
            return;
        }

        var content = SectionReader.Read(_segment, entry.Slice);
        var firstKept = Array.FindIndex(content.Runs, run => run.EndOffset > start);
        firstKept = firstKept < 0 ? content.Runs.Length : firstKept;
        Add(entry, content, firstKept, firstKept == 0 ? LastAppendBefore(slices, entry.Slice) : 0, hasHeadBeyond);
    }

    /// <summary>The time of the last append before a slice; 0 where no earlier one is left that knows.</summary>
    private long LastAppendBefore(SegmentSlice[] slices, SegmentSlice slice)
    {
        var index = Array.IndexOf(slices, slice);
        if (index == 0 || _sources.Segments.Acquire(slices[index - 1]) is not { } segment)
        {
            return 0;
        }

        try
        {
            return _sources.Sections.Get(segment, slices[index - 1]).Head.LastAppendUnixMs;
        }
        finally
        {
            segment.Release();
        }
    }

    private void Add(in DirectoryEntry entry, SliceContent content, int firstKept, long lastAppendBefore, bool hasHeadBeyond)
    {
        var runs = content.Runs.Length - firstKept;
        if (runs == 0 && hasHeadBeyond)
        {
            return;
        }

        var part = runs == 0 ? KeptPart.Head : KeptPart.FromRun;
        var first = runs == 0 ? content.Head : CutHead.Before(_sources.Store.Identity.Node, content, firstKept, lastAppendBefore);
        if (part == KeptPart.FromRun && !Leads(first, content, firstKept))
        {
            // Nothing is lost by keeping more.
            (part, firstKept, runs) = (KeptPart.All, 0, content.Runs.Length);
        }

        _topics.Add(entry.Topic, new TopicPlan(part, content.Head, content.Before, part == KeptPart.All ? null : first, runs));
        Bytes += 2L * entry.Slice.Length;
        foreach (ref readonly var run in content.Runs.AsSpan(firstKept))
        {
            Bytes += run.Length + entry.Topic.Value.Length + RunOverhead;
        }
    }

    /// <summary>Whether the kept runs lead from <paramref name="first"/> to the head that the section has, trims left aside.</summary>
    private bool Leads(TopicHead first, SliceContent content, int firstKept)
    {
        var slice = new OpenSlice(default, _segment) { Head = first };
        foreach (ref readonly var run in content.Runs.AsSpan(firstKept))
        {
            slice.Add(run, content.Head.LastGroup);
        }

        var reached = SliceBuilder.Build(_sources.Store.Identity.Node, _sources.Options, slice, before: null).Head;
        return CutHead.Same(reached with { Start = content.Head.Start, TrimmedAtUnixMs = content.Head.TrimmedAtUnixMs }, content.Head);
    }
}
