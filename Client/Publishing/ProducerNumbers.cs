using System.Globalization;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Client.Publishing;

/// <summary>The numbers that an idempotent client gives its events, topic by topic. Not thread-safe.</summary>
/// <remarks>Bounded: the topic that was used longest ago gives way, and begins again at 0 under another id. Every id is used by this client alone.</remarks>
internal sealed class ProducerNumbers(int maxTopics)
{
    private readonly string _client = Guid.NewGuid().ToString("N");
    private readonly Dictionary<TopicName, LinkedListNode<ProducerNumber>> _topics = [];
    private readonly LinkedList<ProducerNumber> _byUse = new();
    private long _lives;

    public int Count => _topics.Count;

    /// <summary>The numbering of a topic. It stays valid for whoever holds it, also after it has given way.</summary>
    public ProducerNumber Of(TopicName topic)
    {
        if (_topics.TryGetValue(topic, out var node))
        {
            _byUse.Remove(node);
            _byUse.AddLast(node);
            return node.Value;
        }

        if (_topics.Count == maxTopics)
        {
            _topics.Remove(_byUse.First!.Value.Topic);
            _byUse.RemoveFirst();
        }

        var number = new ProducerNumber(topic, NewId);
        _topics.Add(topic, _byUse.AddLast(number));
        return number;
    }

    private ProducerId NewId() => ProducerId.Parse(string.Create(CultureInfo.InvariantCulture, $"{_client}.{_lives++}"));
}

/// <summary>What a client has published to a topic: under which id, and how much. Not thread-safe.</summary>
internal sealed class ProducerNumber(TopicName topic, Func<ProducerId> newId)
{
    public TopicName Topic { get; } = topic;

    /// <summary>What the next event is.</summary>
    public ProducerStamp Next { get; private set; } = new(newId(), 0);

    /// <summary>Says that as many events are stored from <see cref="Next"/> on.</summary>
    public void Advance(int count) => Next = Next with { FirstSequence = Next.FirstSequence + count };

    /// <summary>Goes on as another producer: what became of the last number is not known, or the topic does not know this one any more.</summary>
    public void Renew() => Next = new ProducerStamp(newId(), 0);
}
