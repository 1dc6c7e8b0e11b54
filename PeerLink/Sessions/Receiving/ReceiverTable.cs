using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Sessions.Receiving;

/// <summary>The peer's topics that have something under way, or a number that is awaited. The others need no state.</summary>
/// <remarks>
/// Items under way are bounded by the credit. Awaited numbers are bounded here: beyond, the oldest is forgotten, which costs a repeated Resume
/// at most, since the log itself takes only what continues it.
/// </remarks>
internal sealed class ReceiverTable(int maxAwaited)
{
    private readonly Dictionary<TopicName, TopicReceiver> _receivers = [];
    private readonly Queue<(TopicReceiver Receiver, long Number)> _awaited = new();

    /// <summary>Topics with a call under way or items that wait for one.</summary>
    public int Busy => _receivers.Values.Count(static receiver => receiver.IsBusy);

    public int Count => _receivers.Count;

    public TopicReceiver? Find(TopicName topic) => _receivers.GetValueOrDefault(topic);

    public TopicReceiver GetOrAdd(TopicName topic)
    {
        if (!_receivers.TryGetValue(topic, out var receiver))
        {
            _receivers[topic] = receiver = new TopicReceiver(topic);
        }

        return receiver;
    }

    /// <summary>From now on the topic's frames must echo <paramref name="number"/>. True when an older wait had to be forgotten for it.</summary>
    public bool Await(TopicReceiver receiver, long number)
    {
        receiver.AwaitedNumber = number;
        _awaited.Enqueue((receiver, number));
        if (_awaited.Count <= maxAwaited)
        {
            return false;
        }

        var (oldest, oldNumber) = _awaited.Dequeue();
        if (oldest.AwaitedNumber != oldNumber)
        {
            return false;
        }

        oldest.AwaitedNumber = 0;
        RemoveIfIdle(oldest);
        return true;
    }

    public void RemoveIfIdle(TopicReceiver receiver)
    {
        if (!receiver.IsBusy && receiver.AwaitedNumber == 0 && Find(receiver.Topic) == receiver)
        {
            _receivers.Remove(receiver.Topic);
        }
    }
}
