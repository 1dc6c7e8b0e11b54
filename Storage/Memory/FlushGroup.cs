using EventMesh.Core.Identity;

namespace EventMesh.Storage.Memory;

/// <summary>What has gathered since the last flush: the topics touched, and the one task that all who wait for it share.</summary>
internal sealed class FlushGroup
{
    private readonly TaskCompletionSource _flushed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<(TopicLog Log, MemoryEventLog View)> _topics = [];

    /// <summary>Ends when the group is flushed; fails when it is lost.</summary>
    public Task Flushed => _flushed.Task;

    /// <summary>Bytes of bodies.</summary>
    public long Bytes { get; private set; }

    /// <summary>Notes that <paramref name="view"/> appended to <paramref name="log"/>. Under the topic's gate.</summary>
    public void Note(TopicLog log, MemoryEventLog view, long bytes)
    {
        Bytes += bytes;
        if (log.GatheringFor != view)
        {
            log.GatheringFor = view;
            _topics.Add((log, view));
        }
    }

    /// <summary>Makes the group readable and returns what each view has to be told.</summary>
    public Dictionary<MemoryEventLog, List<TopicAdvance>> Apply()
    {
        var advances = new Dictionary<MemoryEventLog, List<TopicAdvance>>();
        foreach (var (log, view) in _topics)
        {
            if (!advances.TryGetValue(view, out var list))
            {
                advances.Add(view, list = []);
            }

            lock (log.Gate)
            {
                log.Flush();
                list.Add(new TopicAdvance(log.Topic, new LogOffset(log.Limit)));
            }
        }

        return advances;
    }

    public void Complete() => _flushed.SetResult();

    public void Fail(Exception reason)
    {
        _flushed.SetException(reason);
        // Nobody may be waiting: appends that asked for memory only have their receipt already.
        _ = _flushed.Task.Exception;
    }

    /// <summary>The topics touched, each once.</summary>
    public IEnumerable<TopicLog> Logs => _topics.Select(static topic => topic.Log).Distinct();
}
