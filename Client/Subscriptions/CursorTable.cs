using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Subscriptions;

/// <summary>Where a reader stands, topic by topic. One thread at a time.</summary>
internal sealed class CursorTable
{
    private readonly Dictionary<TopicName, Place> _places = [];
    private readonly int _maxTopics;
    private Place? _last;

    public CursorTable(IReadOnlyList<SubscriptionCursor> cursors, int maxTopics)
    {
        _maxTopics = maxTopics;
        foreach (var cursor in cursors)
        {
            PlaceOf(cursor.Topic).Set(cursor.Next, cursor.LastOrigin, cursor.LastPosition);
        }
    }

    public void Advance(TopicName topic, in EventRecord record)
    {
        var isEvent = record.Kind == RecordKind.Event;
        PlaceOf(topic).Set(record.Next, isEvent ? record.Origin : default, isEvent ? record.Position : default);
    }

    public void Advance(TopicName topic, LogOffset next)
    {
        var place = PlaceOf(topic);
        if (place.Next != next)
        {
            place.Set(next, default, default);
        }
    }

    /// <summary>Forgets a topic and returns where the reader stood in it.</summary>
    public SubscriptionCursor Remove(TopicName topic)
    {
        _last = null;
        return _places.Remove(topic, out var place) ? place.ToCursor() : new SubscriptionCursor(topic, LogOffset.Zero);
    }

    public IReadOnlyList<SubscriptionCursor> ToList() => [.. _places.Values.Select(static place => place.ToCursor())];

    private Place PlaceOf(TopicName topic)
    {
        if (_last is { } last && last.Topic == topic)
        {
            return last;
        }

        if (!_places.TryGetValue(topic, out var place))
        {
            if (_places.Count >= _maxTopics)
            {
                throw new EventMeshException(
                    MeshErrorCode.InvalidArgument,
                    $"The subscription reached {_maxTopics} topics ({nameof(MeshClientOptions.MaxSubscriptionTopics)}): subscribe to fewer with each, or raise the limit.");
            }

            place = new Place(topic);
            _places.Add(topic, place);
        }

        _last = place;
        return place;
    }

    private sealed class Place(TopicName topic)
    {
        private NodeId _lastOrigin;
        private Position _lastPosition;

        public TopicName Topic { get; } = topic;

        public LogOffset Next { get; private set; }

        public void Set(LogOffset next, NodeId lastOrigin, Position lastPosition)
        {
            Next = next;
            _lastOrigin = lastOrigin;
            _lastPosition = lastPosition;
        }

        public SubscriptionCursor ToCursor() => new(Topic, Next, _lastOrigin, _lastPosition);
    }
}
