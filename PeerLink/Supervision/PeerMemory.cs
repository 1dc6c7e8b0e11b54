using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Supervision;

/// <summary>What is remembered of a peer over its links, as long as the process lives: hints that spare questions, never the truth.</summary>
/// <remarks>Thread-safe: a link that ends and the one that replaces it may both use it for a moment.</remarks>
public sealed class PeerMemory
{
    private readonly Lock _gate = new();
    private readonly int _capacity;
    private readonly Dictionary<TopicName, LinkedListNode<Ack>> _acks = [];
    private readonly LinkedList<Ack> _byUse = new();
    private Dictionary<TopicPattern, long> _since = [];
    private Incarnation _life;
    private bool _forgot;

    /// <summary>Creates an empty memory for at most <paramref name="capacity"/> topics; the one used least recently is forgotten first.</summary>
    public PeerMemory(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    /// <summary>Whether an acknowledgement had to be forgotten: a topic without one may still have been sent before.</summary>
    public bool HasForgotten
    {
        get
        {
            lock (_gate)
            {
                return _forgot;
            }
        }
    }

    /// <summary>The patterns that the peer wanted last.</summary>
    public IReadOnlyList<TopicPattern> Interest
    {
        get
        {
            lock (_gate)
            {
                return [.. _since.Keys];
            }
        }
    }

    /// <summary>The position of this node's events that the peer last said it holds; none when nothing is remembered.</summary>
    public Position Acked(TopicName topic)
    {
        lock (_gate)
        {
            if (!_acks.TryGetValue(topic, out var node))
            {
                return Position.None;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Held;
        }
    }

    /// <summary>Whether the peer has said in its present life that it holds <paramref name="position"/> of the topic.</summary>
    public bool IsConfirmed(TopicName topic, Position position)
    {
        lock (_gate)
        {
            return _acks.TryGetValue(topic, out var node) && node.Value.Held == position && node.Value.Life == _life;
        }
    }

    /// <summary>Begins a link to <paramref name="life"/> of the peer. What an earlier life said remains a hint where to begin, but no longer proves
    /// that nothing is missing: the peer may have lost its store with it.</summary>
    public void BeginLink(Incarnation life)
    {
        lock (_gate)
        {
            _life = life;
        }
    }

    /// <summary>Remembers what the peer says it holds; none forgets the topic. The newest word counts, also when it is lower.</summary>
    public void Remember(TopicName topic, Position held)
    {
        lock (_gate)
        {
            if (_acks.Remove(topic, out var node))
            {
                _byUse.Remove(node);
            }

            if (held.IsNone)
            {
                return;
            }

            if (_acks.Count == _capacity)
            {
                _acks.Remove(_byUse.Last!.Value.Topic);
                _byUse.RemoveLast();
                _forgot = true;
            }

            _acks[topic] = _byUse.AddFirst(new Ack(topic, held, _life));
        }
    }

    /// <summary>Replaces the peer's interest as of <paramref name="sinceUnixMs"/>.</summary>
    /// <param name="patterns">Everything that the peer wants.</param>
    /// <param name="sinceUnixMs">The log's time at which that was applied.</param>
    /// <param name="unbroken">Whether patterns that it wanted already keep their older time.</param>
    public void SetInterest(IReadOnlyList<TopicPattern> patterns, long sinceUnixMs, bool unbroken)
    {
        ArgumentNullException.ThrowIfNull(patterns);
        lock (_gate)
        {
            var next = new Dictionary<TopicPattern, long>(patterns.Count);
            foreach (var pattern in patterns)
            {
                next[pattern] = unbroken && _since.TryGetValue(pattern, out var since) ? since : sinceUnixMs;
            }

            _since = next;
        }
    }

    /// <summary>The log's time since which the peer has wanted <paramref name="pattern"/> without a break; null when it does not.</summary>
    public long? Since(TopicPattern pattern)
    {
        lock (_gate)
        {
            return _since.TryGetValue(pattern, out var since) ? since : null;
        }
    }

    /// <summary>Forgets every position: a reference peer goes on live whatever it had.</summary>
    public void ForgetAcks()
    {
        lock (_gate)
        {
            _acks.Clear();
            _byUse.Clear();
            _forgot = false;
        }
    }

    private readonly record struct Ack(TopicName Topic, Position Held, Incarnation Life);
}
