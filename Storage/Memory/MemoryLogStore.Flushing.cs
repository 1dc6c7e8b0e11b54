using System.Runtime.InteropServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Memory;

/// <summary>Flushing, retention, and the loss of what was not flushed.</summary>
public sealed partial class MemoryLogStore
{
    /// <summary>Ends the group that gathers: makes it readable, tells the listeners, then those who wait.</summary>
    internal void Flush()
    {
        lock (_flushing)
        {
            FlushGroup? group;
            Dictionary<MemoryEventLog, List<TopicAdvance>>? advances;
            lock (_gate)
            {
                _flushScheduled = false;
                group = _gathering;
                _gathering = null;
                advances = group?.Apply();
                DropWaitingTrims();
                Volatile.Write(ref _flushVersion, _flushVersion + 1);
            }

            foreach (var (view, topics) in advances ?? [])
            {
                view.Listeners.Tell(CollectionsMarshal.AsSpan(topics));
            }

            group?.Complete();
        }
    }

    /// <summary>Throws away the group that gathers. Under both gates.</summary>
    private void Discard(EventMeshException reason)
    {
        var group = _gathering;
        _gathering = null;
        _flushScheduled = false;
        _waitingTrims.Clear();
        foreach (var log in group?.Logs ?? [])
        {
            lock (log.Gate)
            {
                var cost = log.Cost;
                foreach (var segment in log.LoseUnflushed())
                {
                    Forget(segment);
                }

                _cost += log.Cost - cost;
            }
        }

        group?.Fail(reason);
    }

    /// <summary>Drops what trims that waited for the flush have freed. Under the store's gate.</summary>
    private void DropWaitingTrims()
    {
        foreach (var log in _waitingTrims)
        {
            lock (log.Gate)
            {
                TrimTopic(log);
            }
        }

        _waitingTrims.Clear();
    }

    private void TrimTopic(TopicLog log)
    {
        while (log.Trimmed is { } trimmed)
        {
            Drop(trimmed);
        }

        while (!log.Topic.IsState && log.Cost > _options.MaxTopicBytes && !log.HasOneSegment && log.Droppable is { } oldest)
        {
            Drop(oldest);
        }
    }

    private void TrimStore()
    {
        while (_cost > _options.MaxTotalBytes && _segments.First?.Value is { } oldest)
        {
            lock (oldest.Owner.Gate)
            {
                // What is not flushed yet is kept: the bound on pending bytes says how much that can be.
                if (oldest.Owner.Droppable != oldest)
                {
                    return;
                }

                Drop(oldest);
            }
        }
    }

    private void Drop(Segment oldest)
    {
        oldest.Owner.DropFirst(_timeProvider.GetUtcNow().ToUnixTimeMilliseconds());
        Forget(oldest);
        _cost -= oldest.Cost;
    }

    /// <summary>Takes a segment out of the order of age; one of a state topic never was in it.</summary>
    private void Forget(Segment segment)
    {
        if (segment.Place is { } place)
        {
            _segments.Remove(place);
        }
    }

    private TopicLog Create(TopicName topic)
    {
        if (_topics.Count >= _options.MaxTopics)
        {
            throw new EventMeshException(
                MeshErrorCode.LogFull, $"Topic '{topic}' would be one more than {MemoryStorageOptions.Section}:MaxTopics ({_options.MaxTopics}) allows.");
        }

        var log = new TopicLog(topic, _options);
        _topics[topic] = log;
        lock (_names)
        {
            _names.Add(topic);
        }

        return log;
    }

    private TopicSummary? Summarise(TopicName topic)
    {
        if (Find(topic) is not { } log)
        {
            return null;
        }

        lock (log.Gate)
        {
            return log.Limit == 0 || log.IsDeleted
                ? null
                : new TopicSummary(topic, new TopicBounds(new(log.Start), new(log.Limit)), log.Bytes, log.PositionBefore(Node, log.Limit));
        }
    }
}
