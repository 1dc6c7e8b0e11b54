using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files.Journal;

/// <summary>Gives full segments their footers in the background, in their order, so that nobody has to read them through or keep their runs in memory.</summary>
/// <remarks>When it fails, for want of room or otherwise, it says so and tries again every second: the groups are the truth, a footer only saves time. Thread-safe.</remarks>
internal sealed partial class SegmentSealer : IDisposable
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Lock _turn = new();
    private readonly Lock _gate = new();
    private readonly Queue<SegmentContents> _waiting = new();
    private readonly NodeId _node;
    private readonly FileStorageOptions _options;
    private readonly FileLogServices _services;
    private readonly TopicTable _topics;
    private readonly TopicHeads _heads;
    private readonly ILogger _logger;
    private readonly ITimer _retry;
    private readonly Action _work;
    private bool _isScheduled;
    private bool _isClosed;

    public SegmentSealer(NodeId node, FileStorageOptions options, FileLogServices services, TopicTable topics, TopicHeads heads)
    {
        (_node, _options, _services, _topics, _heads) = (node, options, services, topics, heads);
        _logger = services.Logger;
        _work = Work;
        _retry = services.Time.CreateTimer(static state => ((SegmentSealer)state!).ScheduleIfWanted(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Told of the topics of a segment that has just been sealed, on the thread that sealed it and under no lock of the sealer's readers.</summary>
    public Action<SegmentFile, IReadOnlyList<TopicLog>> OnSealed { get; set; } = static (_, _) => { };

    /// <summary>Segments that wait for their footer.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Takes a segment that nobody writes to any more.</summary>
    public void Add(SegmentContents contents)
    {
        lock (_gate)
        {
            _waiting.Enqueue(contents);
        }

        ScheduleIfWanted();
    }

    /// <summary>Seals everything that waits, on this thread.</summary>
    /// <param name="cutLast">Whether the last file is cut to what it holds; the others keep their length, to be used again.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public void SealAll(bool cutLast)
    {
        lock (_turn)
        {
            while (Peek(out var count) is { } contents)
            {
                Seal(contents, cut: cutLast && count == 1);
                lock (_gate)
                {
                    _waiting.Dequeue();
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        _retry.Dispose();
    }

    private void Work()
    {
        try
        {
            lock (_gate)
            {
                _isScheduled = false;
            }

            SealAll(cutLast: false);
        }
        catch (Exception e) when (e is IOException or EventMeshException)
        {
            // The segment stays readable from memory, and a start reads it group by group.
            LogSealFailed(e);
            lock (_gate)
            {
                if (!_isClosed)
                {
                    _retry.Change(RetryDelay, Timeout.InfiniteTimeSpan);
                }
            }
        }
    }

    private SegmentContents? Peek(out int count)
    {
        lock (_gate)
        {
            count = _waiting.Count;
            return count == 0 ? null : _waiting.Peek();
        }
    }

    private void ScheduleIfWanted()
    {
        lock (_gate)
        {
            if (_isClosed || _isScheduled || _waiting.Count == 0)
            {
                return;
            }

            _isScheduled = true;
        }

        _services.Background.Schedule(_work);
    }

    private void Seal(SegmentContents contents, bool cut)
    {
        var entries = contents.Seal(_node, _options, HeadBefore, cut);
        var topics = new List<TopicLog>(entries.Length);
        foreach (var entry in entries)
        {
            var topic = _topics.Find(entry.Topic)!;
            lock (topic.Gate)
            {
                topic.Seal(contents.Segment, entry.Slice);
            }

            topics.Add(topic);
        }

        OnSealed(contents.Segment, topics);
    }

    private TopicHead? HeadBefore(TopicName name) => _topics.Find(name) is { } topic ? _heads.Load(topic, out _) : null;

    [LoggerMessage(EventIds.SealFailed, LogLevel.Warning, "A segment could not be given its footer; it is tried again every second, and reading and writing go on")]
    private partial void LogSealFailed(Exception exception);
}
