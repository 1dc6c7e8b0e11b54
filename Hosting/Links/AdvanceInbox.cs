using EventMesh.Core.Topics;

namespace EventMesh.Hosting.Links;

/// <summary>Topics whose read limit has moved since the link looked last: each at most once. Thread-safe.</summary>
/// <remarks>Bounded: what finds no room is found by the link's next look through the topics.</remarks>
internal sealed class AdvanceInbox(int capacity)
{
    private readonly Lock _gate = new();
    private HashSet<TopicName> _topics = [];
    private HashSet<TopicName> _spare = [];

    /// <summary>Notes a topic; false when it was noted already or there is no room, in which case nobody needs waking.</summary>
    public bool Add(TopicName topic)
    {
        lock (_gate)
        {
            return _topics.Count < capacity && _topics.Add(topic);
        }
    }

    /// <summary>Takes everything noted. The result is valid until the next call.</summary>
    public IReadOnlyCollection<TopicName> TakeAll()
    {
        lock (_gate)
        {
            if (_topics.Count == 0)
            {
                return [];
            }

            (_topics, _spare) = (_spare, _topics);
            _topics.Clear();
            return _spare;
        }
    }
}
