using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>The topics that a link sends, bounded: an idle one gives way, its position stays in the peer's memory.</summary>
internal sealed class SenderTable(int capacity)
{
    private readonly Dictionary<TopicName, TopicSender> _senders = [];
    private readonly Queue<TopicSender> _idle = new();

    public int Count => _senders.Count;

    public IEnumerable<TopicSender> All => _senders.Values;

    public TopicSender? Find(TopicName topic) => _senders.GetValueOrDefault(topic);

    /// <summary>Adds a topic that is not there; false when every place is taken by one that has work.</summary>
    public bool TryAdd(TopicSender sender)
    {
        if (_senders.Count >= capacity && !TryEvict())
        {
            return false;
        }

        _senders.Add(sender.Topic, sender);
        return true;
    }

    public void Remove(TopicSender sender) => _senders.Remove(sender.Topic);

    /// <summary>Marks a topic that may give way.</summary>
    public void MarkIdle(TopicSender sender)
    {
        if (sender.IsIdle && !sender.InIdleQueue)
        {
            sender.InIdleQueue = true;
            _idle.Enqueue(sender);
        }
    }

    private bool TryEvict()
    {
        while (_idle.TryDequeue(out var sender))
        {
            sender.InIdleQueue = false;
            if (sender.IsIdle && Find(sender.Topic) == sender)
            {
                _senders.Remove(sender.Topic);
                return true;
            }
        }

        return false;
    }
}
