using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Journal;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Rewrites sealed segments that are mostly dead, one at a time and step by step: what is wanted goes into a newer generation, which takes the older one's place. One thread at a time.</summary>
/// <remarks>
/// <para>The newer generation is whole and flushed before it takes the name, in one step: whenever power fails, one of the two is there, and both have all that is wanted.
/// Who reads the older one goes on in it; its room is free when the last reader lets go.</para>
/// <para>It takes room for at most half of a segment, while no spare is waiting for room. Where there is none it gives up and tries again later.</para>
/// </remarks>
internal sealed partial class SegmentRewriter(RetentionSources sources, SegmentDirectories directories, SegmentCleaner cleaner)
{
    private static readonly TimeSpan RestAfterFailure = TimeSpan.FromMinutes(1);

    private readonly CleaningRule _rule = new(sources.Options);
    private readonly ILogger _logger = sources.Services.Logger;

    // Segments that turned out not to be worth it, or to be damaged, and what they held: looked at again when it is half of that.
    private readonly Dictionary<SegmentFile, long> _refused = [];
    private SegmentRewrite? _current;
    private long _notBeforeUnixMs;

    /// <summary>Whether a rewriting is under way.</summary>
    public bool IsBusy => _current is not null;

    /// <summary>Told of a segment's newer generation when it has taken its place, on the sweeping thread.</summary>
    public Action<SegmentFile> OnRewritten { get; set; } = static _ => { };

    /// <summary>Begins to rewrite the segment that this frees most of, if there is one.</summary>
    public void BeginNext(long nowUnixMs)
    {
        var (spares, options) = (sources.Spares, sources.Options);
        if (!_rule.Rewrites || IsBusy || nowUnixMs < _notBeforeUnixMs || (spares.Ready < options.SpareSegments && spares.Blocked is null))
        {
            return;
        }

        if (Choose() is { } segment && directories.Read(segment) is { } entries)
        {
            _current = new SegmentRewrite(sources, _rule, segment, entries);
        }
    }

    /// <summary>Does the next step of what was begun.</summary>
    public void Step(long nowUnixMs)
    {
        if (_current is not { } current)
        {
            return;
        }

        try
        {
            var state = current.Step();
            if (state == RewriteState.Done)
            {
                _current = null;
                Replace(current);
            }
            else if (state == RewriteState.Refused)
            {
                Refuse(current);
            }
        }
        catch (IOException e)
        {
            // Full or failing: the journal says so where it matters. What is there stays.
            LogFailed(current.Segment.Name, e);
            _notBeforeUnixMs = nowUnixMs + (long)RestAfterFailure.TotalMilliseconds;
            Abandon();
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogCorrupted)
        {
            LogFailed(current.Segment.Name, e);
            Refuse(current);
        }
    }

    /// <summary>Gives up what was begun.</summary>
    public void Abandon()
    {
        var current = _current;
        _current = null;
        try
        {
            current?.Discard();
        }
        catch (IOException e)
        {
            LogLeftOver(current!.Segment.Name, e);
        }
    }

    /// <summary>Forgets a segment that has left the journal.</summary>
    public void Forget(SegmentFile segment)
    {
        _refused.Remove(segment);
        if (ReferenceEquals(_current?.Segment, segment))
        {
            Abandon();
        }
    }

    private SegmentFile? Choose()
    {
        SegmentFile? best = null;
        var most = 0L;
        var all = sources.Segments.All();
        for (var i = 0; i + CleaningRule.NewestLeft < all.Count && all[i].IsSealed; i++)
        {
            var (bytes, live) = (all[i].File.Length, LiveBytes(all[i]));
            if (live > 0 && bytes - live > most && _rule.IsWorthRewriting(bytes, live) && (!_refused.TryGetValue(all[i], out var then) || live <= then / 2))
            {
                (best, most) = (all[i], bytes - live);
            }
        }

        return best;
    }

    /// <summary>What a segment holds, roughly; 0 where it goes without being rewritten.</summary>
    private long LiveBytes(SegmentFile segment)
    {
        var usage = sources.Topics.Usages.Of(segment);
        return usage.LiveTopics == 0 && usage.Heads <= CleaningRule.MaxCarriedHeads && !cleaner.WasCarried(segment)
            ? 0
            : usage.LiveBytes + ((long)usage.Heads * CleaningRule.HeadBytes);
    }

    private void Refuse(SegmentRewrite current)
    {
        _refused[current.Segment] = LiveBytes(current.Segment);
        Abandon();
    }

    private void Replace(SegmentRewrite done)
    {
        var (older, newer) = (done.Segment, done.Newer!);
        try
        {
            sources.Directory.Flush();
        }
        catch (IOException e)
        {
            // The name is the newer one's already. Should power failure bring the older one back, it has all that the newer one has.
            LogFailed(older.Name, e);
        }

        // Both can be found until every topic has its new slice; a segment leaves its topics before it leaves the journal.
        var before = older.File.Length;
        sources.Segments.Put(newer);
        ReplaceSlices(done.Older, done.Entries);
        sources.Segments.Remove(older);
        sources.Sections.Forget(older);
        sources.Topics.Usages.Forget(older);
        directories.Forget(older);
        cleaner.Forget(older);
        _refused.Remove(older);
        LogRewritten(older.Name, before, newer.File.Length);
        older.Retire(older.File.Dispose);
        OnRewritten(newer);
    }

    private void ReplaceSlices(DirectoryEntry[] older, DirectoryEntry[] newer)
    {
        var next = 0;
        foreach (var entry in older)
        {
            SegmentSlice? slice = next < newer.Length && newer[next].Topic == entry.Topic ? newer[next++].Slice : null;
            if (sources.Topics.Find(entry.Topic) is { } topic)
            {
                lock (topic.Gate)
                {
                    topic.Replace(entry.Slice, slice);
                }
            }
        }
    }

    [LoggerMessage(EventIds.SegmentRewritten, LogLevel.Information, "{Segment} was mostly dead and has been rewritten: {Before} bytes have become {After}")]
    private partial void LogRewritten(string segment, long before, long after);

    [LoggerMessage(EventIds.SegmentNotRewritten, LogLevel.Warning, "{Segment} could not be rewritten and stays as it is; its room is not given back yet, nothing is lost")]
    private partial void LogFailed(string segment, Exception exception);

    [LoggerMessage(EventIds.RewriteLeftOver, LogLevel.Warning, "What was written of {Segment} anew could not be removed; the next attempt or the next start does it")]
    private partial void LogLeftOver(string segment, Exception exception);
}
