using System.Collections.Concurrent;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;

namespace EventMesh.Storage.Files.Topics;

/// <summary>The topics of the store. Thread-safe.</summary>
internal sealed class TopicTable(FileStorageOptions options)
{
    private const int Gates = 64;

    private readonly ConcurrentDictionary<TopicName, TopicLog> _topics = new();
    private readonly Lock[] _gates = [.. Enumerable.Range(0, Gates).Select(static _ => new Lock())];
    private readonly Lock _order = new();
    private readonly List<TopicName> _new = [];
    private TopicName[] _sorted = [];

    /// <summary>What the topics still want of the segments.</summary>
    public SegmentUsages Usages { get; } = new();

    /// <summary>Topics, deleted ones that are still remembered included.</summary>
    public int Count => _topics.Count;

    /// <summary>All of them, in no order.</summary>
    public IEnumerable<TopicLog> All => _topics.Select(static topic => topic.Value);

    public TopicLog? Find(TopicName name) => _topics.GetValueOrDefault(name);

    /// <summary>The topic, which comes to be if there is none.</summary>
    /// <exception cref="EventMeshException"><c>LogFull</c>: there are as many as the limit allows.</exception>
    public TopicLog FindOrCreate(TopicName name)
    {
        if (Find(name) is { } topic)
        {
            return topic;
        }

        lock (_order)
        {
            if (Find(name) is { } other)
            {
                return other;
            }

            if (_topics.Count >= options.MaxTopics)
            {
                throw new EventMeshException(
                    MeshErrorCode.LogFull, $"Topic '{name}' would be one more than {FileStorageOptions.Section}:MaxTopics ({options.MaxTopics}) allows.");
            }

            return Add(name);
        }
    }

    /// <summary>The topic, which comes to be if there is none, whatever the limit: it is in the store already.</summary>
    public TopicLog Load(TopicName name)
    {
        lock (_order)
        {
            return Find(name) ?? Add(name);
        }
    }

    /// <summary>Forgets a topic that was deleted long ago.</summary>
    public void Remove(TopicName name)
    {
        lock (_order)
        {
            _topics.TryRemove(name, out _);
        }
    }

    /// <summary>Topics after <paramref name="after"/> in ordinal order; the enumeration sees those that are there when it begins.</summary>
    public IEnumerable<TopicLog> After(TopicName after)
    {
        var sorted = Sorted();
        var first = Array.BinarySearch(sorted, after);
        for (var i = first < 0 ? ~first : first + 1; i < sorted.Length; i++)
        {
            if (Find(sorted[i]) is { } topic)
            {
                yield return topic;
            }
        }
    }

    private TopicLog Add(TopicName name)
    {
        var topic = new TopicLog(name, _gates[(uint)name.GetHashCode() % Gates], Usages);
        _topics[name] = topic;
        _new.Add(name);
        return topic;
    }

    private TopicName[] Sorted()
    {
        lock (_order)
        {
            if (_new.Count > 0)
            {
                // New topics come in bursts and are listed once a second at most: one sort for all that came since.
                _sorted = [.. _sorted.Concat(_new).Where(_topics.ContainsKey).Distinct().Order()];
                _new.Clear();
            }

            return _sorted;
        }
    }
}
