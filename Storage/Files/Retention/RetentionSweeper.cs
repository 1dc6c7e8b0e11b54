using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Retention;

/// <summary>Looks at intervals which records have to go: trims topics by their rules and by the store's size, then gives the room of dead segments back. Thread-safe.</summary>
/// <remarks>A trim is a record like others: what it takes is gone for readers once it is flushed, and its room follows at a later sweep.</remarks>
internal sealed partial class RetentionSweeper : IDisposable
{
    private readonly Lock _turn = new();
    private readonly FileStorageOptions _options;
    private readonly FileLogServices _services;
    private readonly TopicTable _topics;
    private readonly Journal.Journal _journal;
    private readonly RetentionRules _rules;
    private readonly RetentionCut _cut;
    private readonly SegmentCleaner _cleaner;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Action _work;
    private bool _isClosed;

    public RetentionSweeper(
        FileStorageOptions options, FileLogServices services, TopicTable topics, Journal.Journal journal, RetentionCut cut, SegmentCleaner cleaner)
    {
        (_options, _services, _topics, _journal, _cut, _cleaner) = (options, services, topics, journal, cut, cleaner);
        _logger = services.Logger;
        _rules = new RetentionRules(options);
        _work = Work;
        _timer = services.Time.CreateTimer(
            static state => ((RetentionSweeper)state!).Schedule(), this, options.RetentionInterval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Looks now, on this thread.</summary>
    public void Sweep()
    {
        lock (_turn)
        {
            if (_isClosed)
            {
                return;
            }

            var now = _services.Time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var topic in _topics.All)
            {
                Guarded(topic.Name.Value, () => Trim(topic, now));
            }

            Guarded("the store", () => _cleaner.TrimOldest(_options.MaxTotalBytes));
            Guarded("the store", () => _cleaner.Clean(now));
        }
    }

    /// <summary>Ends; waits for a sweep that is under way.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            _isClosed = true;
        }

        _timer.Dispose();
    }

    private void Trim(TopicLog topic, long now)
    {
        var start = _cut.Find(topic, _rules.For(topic.Name), now);
        if (start > topic.Start)
        {
            _journal.Retain(topic, start);
        }
    }

    private void Schedule() => _services.Background.Schedule(_work);

    private void Work()
    {
        Sweep();
        lock (_turn)
        {
            if (!_isClosed)
            {
                _timer.Change(_options.RetentionInterval, Timeout.InfiniteTimeSpan);
            }
        }
    }

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
