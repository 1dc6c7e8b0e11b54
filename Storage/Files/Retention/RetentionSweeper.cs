using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Journal;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Retention;

/// <summary>
/// Looks at intervals which records have to go: trims topics by their rules and by the store's size, then gives the room of dead segments back and rewrites those that are
/// mostly dead. Thread-safe.
/// </summary>
/// <remarks>
/// A trim is a record like others: what it takes is gone for readers once it is flushed, and its room follows at a later sweep. Rewriting goes on between the sweeps,
/// in small steps with rests, so that the journal has the disk for most of the time.
/// </remarks>
internal sealed partial class RetentionSweeper : IDisposable
{
    // A step of rewriting is followed by a rest of this many times its length, so at most a fifth of the disk's time is taken.
    private const int RestFactor = 4;

    // What a trim takes in a group, at most by far; the topic's name is most of it.
    private const int TrimBytes = 512;
    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(10);

    private readonly Lock _turn = new();
    private readonly RetentionSources _sources;
    private readonly RetentionRules _rules;
    private readonly RetentionCut _cut;
    private readonly StoreSize _size;
    private readonly SegmentCleaner _cleaner;
    private readonly SegmentRewriter _rewriter;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Action _work;
    private long _nextSweep;
    private bool _isClosed;

    public RetentionSweeper(RetentionSources sources, RetentionCut cut)
    {
        (_sources, _cut) = (sources, cut);
        _logger = sources.Services.Logger;
        _rules = new RetentionRules(sources.Options);
        var directories = new SegmentDirectories(sources.Damage);
        _size = new StoreSize(sources.Topics, sources.Segments, directories, sources.Journal);
        _cleaner = new SegmentCleaner(sources, directories);
        _rewriter = new SegmentRewriter(sources, directories, _cleaner);
        _cleaner.OnDropped = _rewriter.Forget;
        _work = Work;
        _nextSweep = Timestamp(sources.Options.RetentionInterval);
        _timer = sources.Services.Time.CreateTimer(
            static state => ((RetentionSweeper)state!).Schedule(), this, sources.Options.RetentionInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Told, on the sweeping thread, of segments that have been rewritten: their newer generation.</summary>
    public Action<SegmentFile> OnRewritten
    {
        set => _rewriter.OnRewritten = value;
    }

    /// <summary>Called, on the sweeping thread, before topics are forgotten: when it returns, nothing durable but segments names them.</summary>
    /// <exception cref="IOException">The disk failed; they are not forgotten yet.</exception>
    public Action OnForgetting
    {
        set => _cleaner.OnForgetting = value;
    }

    /// <summary>Whether a segment is being rewritten.</summary>
    public bool IsRewriting
    {
        get
        {
            lock (_turn)
            {
                return _rewriter.IsBusy;
            }
        }
    }

    /// <summary>Looks now, on this thread.</summary>
    public void Sweep()
    {
        lock (_turn)
        {
            if (!_isClosed)
            {
                Sweep(_sources.Services.Time.GetUtcNow().ToUnixTimeMilliseconds());
            }
        }
    }

    /// <summary>Does the next step of the rewriting that is under way, if one is, on this thread.</summary>
    public void Step()
    {
        lock (_turn)
        {
            if (!_isClosed)
            {
                _rewriter.Step(_sources.Services.Time.GetUtcNow().ToUnixTimeMilliseconds());
            }
        }
    }

    /// <summary>Ends; waits for a sweep or step that is under way.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            _isClosed = true;
            _rewriter.Abandon();
            _cleaner.Close();
        }

        _timer.Dispose();
    }

    private void Sweep(long nowUnixMs)
    {
        if (_sources.Journal.Status.Status == LogStatus.Failed)
        {
            // Nothing can be trimmed any more, and what is there is kept for the next start.
            return;
        }

        _cut.Begin();

        // Where the disk is full, no more trims than there is room kept for: together they would be refused.
        var left = _sources.Journal.Status.Status == LogStatus.Full ? Math.Max(1, Journal.Journal.RoomForTrims(_sources.Options) / TrimBytes) : int.MaxValue;
        foreach (var topic in _sources.Topics.After(default))
        {
            Guarded(topic.Name.Value, () => left -= Trim(topic, nowUnixMs) ? 1 : 0);
            if (left == 0)
            {
                break;
            }
        }

        Guarded("the store", () => _size.Trim(_sources.Options.MaxTotalBytes));
        Guarded("the store", () => _cleaner.Clean(nowUnixMs));
        Guarded("the store", () => _rewriter.BeginNext(nowUnixMs));
    }

    private bool Trim(TopicLog topic, long nowUnixMs)
    {
        var start = _cut.Find(topic, _rules.For(topic.Name), nowUnixMs);
        if (start <= topic.Start)
        {
            return false;
        }

        _sources.Journal.Retain(topic, start);
        return true;
    }

    private void Schedule() => _sources.Services.Background.Schedule(_work);

    private void Work()
    {
        var time = _sources.Services.Time;
        var begun = time.GetTimestamp();
        if (begun >= _nextSweep)
        {
            Sweep();
            _nextSweep = Timestamp(_sources.Options.RetentionInterval);
        }
        else
        {
            Step();
        }

        Rest(time.GetElapsedTime(begun));
    }

    private void Rest(TimeSpan worked)
    {
        lock (_turn)
        {
            if (_isClosed)
            {
                return;
            }

            var time = _sources.Services.Time;
            var untilSweep = Clamp(time.GetElapsedTime(time.GetTimestamp(), _nextSweep), TimeSpan.Zero, _sources.Options.RetentionInterval);
            var rest = _rewriter.IsBusy ? Clamp(worked * RestFactor, LeastRest, LongestRest) : untilSweep;
            _timer.Change(Clamp(rest, TimeSpan.Zero, untilSweep), Timeout.InfiniteTimeSpan);
        }
    }

    private long Timestamp(TimeSpan fromNow)
    {
        var time = _sources.Services.Time;
        return time.GetTimestamp() + (long)(fromNow.TotalSeconds * time.TimestampFrequency);
    }

    private static TimeSpan Clamp(TimeSpan value, TimeSpan least, TimeSpan most) => value > most ? most : value < least ? least : value;

    /// <summary>One topic that cannot be trimmed must not keep the others from it; the next sweep tries again.</summary>
    private void Guarded(string what, Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or EventMeshException)
        {
            LogFailed(what, e);
        }
    }

    [LoggerMessage(EventIds.RetentionFailed, LogLevel.Warning, "Retention of {What} failed; nothing was taken, and the next sweep tries again")]
    private partial void LogFailed(string what, Exception exception);
}
