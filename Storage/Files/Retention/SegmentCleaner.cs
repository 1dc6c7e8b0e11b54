using System.Collections.Concurrent;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Gives the room of segments back that hold nothing any more. One thread at a time.</summary>
/// <remarks>
/// <para>Heads outlive events: a segment goes only when every topic in it has its head in a later one, flushed, or may be forgotten. Where few have not, their heads are
/// written again first, and the segment goes at a later sweep.</para>
/// <para>The topics keep count of what they want of each segment, so a sweep reads only footers of segments that are about to go. What they count proposes a segment;
/// before it goes every topic in it is asked.</para>
/// </remarks>
internal sealed partial class SegmentCleaner(RetentionSources sources, SegmentDirectories directories)
{
    private readonly CleaningRule _rule = new(sources.Options);
    private readonly ConcurrentQueue<Gone> _free = new();
    private readonly HeadCarrier _heads = new(sources.Topics, directories, sources.Journal);
    private readonly TopicTable _topics = sources.Topics;
    private readonly Journal.Journal _journal = sources.Journal;
    private readonly ILogger _logger = sources.Services.Logger;
    private readonly List<TopicLog> _forgotten = [];
    private int _leaving;
    private volatile bool _isClosed;

    /// <summary>Told of every segment that has left the journal, on the sweeping thread.</summary>
    public Action<SegmentFile> OnDropped { get; set; } = static _ => { };

    /// <summary>Called before topics are forgotten: when it returns, nothing durable names them. Throws <see cref="IOException"/> where that fails.</summary>
    public Action OnForgetting { get; set; } = static () => { };

    /// <summary>Gives back what holds nothing, and prepares what would hold nothing but a few heads.</summary>
    /// <exception cref="Core.Errors.EventMeshException">The journal takes nothing more, or a topic's head is damaged.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public void Clean(long nowUnixMs)
    {
        Recycle();
        var deletedBefore = nowUnixMs - (long)sources.Options.DeletedTopicMemory.TotalMilliseconds;
        var forgettable = CountForgettable(deletedBefore);
        var holders = new List<HeadHolder>();
        var all = sources.Segments.All();

        // The newest never goes: the numbers of segments and groups go on from it.
        for (var i = 0; i + 1 < all.Count && all[i].IsSealed; i++)
        {
            var usage = _topics.Usages.Of(all[i]);
            if (usage.LiveTopics > 0)
            {
                continue;
            }

            var heads = usage.Heads - forgettable.GetValueOrDefault(all[i].Number);
            if (heads > 0)
            {
                holders.Add(new HeadHolder(all[i], heads, deletedBefore));
            }
            else
            {
                TryDrop(all[i], deletedBefore);
            }
        }

        CarryHeads(holders);
    }

    /// <summary>Whether the heads of <paramref name="segment"/> were carried on at an earlier sweep; those that are still in it are of topics that are written.</summary>
    public bool WasCarried(SegmentFile segment) => _heads.WasCarried(segment);

    /// <summary>Forgets a segment that has left the journal for a newer generation.</summary>
    public void Forget(SegmentFile segment) => _heads.Forget(segment);

    /// <summary>Gives back the room of segments that the last reader has let go of.</summary>
    public void Recycle()
    {
        while (_free.TryDequeue(out var gone))
        {
            Recycle(gone);
        }

        Forget();
    }

    /// <summary>Ends: what readers still hold is closed when they let go, and the next start takes it back.</summary>
    public void Close()
    {
        _isClosed = true;
        while (_free.TryDequeue(out var gone))
        {
            gone.Segment.File.Dispose();
        }
    }

    /// <summary>Deleted topics that may be forgotten, by the segment that has their head.</summary>
    private Dictionary<long, int> CountForgettable(long deletedBefore)
    {
        var counts = new Dictionary<long, int>();
        foreach (var topic in _topics.All)
        {
            if (_journal.IsForgettable(topic, deletedBefore) && TopicHeads.SlicesOf(topic) is [var slice])
            {
                counts[slice.Segment] = counts.GetValueOrDefault(slice.Segment) + 1;
            }
        }

        return counts;
    }

    private void CarryHeads(List<HeadHolder> holders)
    {
        var (heads, bytes) = (CleaningRule.MaxCarriedHeads, _rule.MaxCarriedBytes);
        foreach (var holder in holders.OrderBy(static holder => holder.Heads))
        {
            if (holder.Heads > heads)
            {
                return;
            }

            var headBytes = _heads.Measure(holder);
            if (headBytes <= bytes && (holders.Count > CleaningRule.MaxHeadSegments || _rule.IsWorthCarrying(holder.Segment.File.Length, headBytes)))
            {
                _heads.Carry(holder);
                (heads, bytes) = (heads - holder.Heads, bytes - headBytes);
            }
        }
    }

    private void TryDrop(SegmentFile segment, long deletedBefore)
    {
        if (directories.Read(segment) is not { } entries)
        {
            return;
        }

        var forgotten = new List<TopicLog>();
        if (entries.All(entry => IsFree(entry, deletedBefore, forgotten)))
        {
            Drop(segment, entries, forgotten);
        }
        else
        {
            forgotten.ForEach(topic => _journal.EndForget(topic, isGone: false));
        }
    }

    /// <summary>Whether a topic wants nothing of its part any more; where that is because it may be forgotten, that has begun.</summary>
    private bool IsFree(in DirectoryEntry entry, long deletedBefore, List<TopicLog> forgotten)
    {
        if (_topics.Find(entry.Topic) is not { } topic)
        {
            return true;
        }

        lock (topic.Gate)
        {
            // A segment has its footer a moment before its topics hear of it.
            if (!topic.Slices.Contains(entry.Slice) || !topic.IsDeadIn(entry.Slice.Segment))
            {
                return false;
            }

            if (topic.HasHeadBeyond(entry.Slice.Segment))
            {
                return true;
            }
        }

        // Not while a segment may come back after a power failure that has older parts of the topic: they would stand for it without its end.
        if (_leaving > 0 || !_journal.TryForget(topic, deletedBefore))
        {
            return false;
        }

        forgotten.Add(topic);
        return true;
    }

    private void Drop(SegmentFile segment, DirectoryEntry[] entries, List<TopicLog> forgotten)
    {
        foreach (var entry in entries)
        {
            if (_topics.Find(entry.Topic) is { } topic)
            {
                lock (topic.Gate)
                {
                    topic.Drop(segment.Number);
                }
            }
        }

        sources.Segments.Remove(segment);
        sources.Sections.Forget(segment);
        _topics.Usages.Forget(segment);
        directories.Forget(segment);
        _heads.Forget(segment);
        _leaving++;
        LogDropped(segment.Name);
        OnDropped(segment);

        // What comes back from a reader waits for the next sweep: its thread is not for renaming files.
        var gone = new Gone(segment, forgotten);
        segment.Retire(() =>
        {
            _free.Enqueue(gone);
            if (_isClosed)
            {
                Close();
            }
        });
        Recycle();
    }

    private void Recycle(Gone gone)
    {
        try
        {
            sources.Spares.Recycle(gone.Segment);
            _leaving--;
            _forgotten.AddRange(gone.Forgotten);
        }
        catch (IOException e)
        {
            // The file keeps a name of its own; the next start finds it dead or as a spare. Nothing is forgotten any more before that.
            gone.Segment.File.Dispose();
            LogNotRecycled(gone.Segment.Name, e);
        }
    }

    /// <summary>Ends the forgetting of topics whose last segment is gone for good.</summary>
    private void Forget()
    {
        if (_forgotten.Count == 0)
        {
            return;
        }

        OnForgetting();
        _forgotten.ForEach(topic => _journal.EndForget(topic, isGone: true));
        LogForgotten(_forgotten.Count);
        _forgotten.Clear();
    }

    [LoggerMessage(EventIds.TopicsForgotten, LogLevel.Information, "{Topics} topics were deleted so long ago that their numbering is forgotten")]
    private partial void LogForgotten(int topics);

    [LoggerMessage(EventIds.SegmentDropped, LogLevel.Information, "{Segment} held nothing any more; its room is used again")]
    private partial void LogDropped(string segment);

    [LoggerMessage(EventIds.SegmentNotRecycled, LogLevel.Warning, "The room of {Segment} could not be given back; the next start does it")]
    private partial void LogNotRecycled(string segment, Exception exception);

    /// <summary>A segment that has left the journal, and the topics that go with it.</summary>
    private sealed record Gone(SegmentFile Segment, List<TopicLog> Forgotten);
}
