using EventMesh.Core.Topics;

namespace EventMesh.PeerLink.Sessions.Receiving;

/// <summary>One topic of the peer on its way into this node's log: one call under way, what gathers meanwhile is the next.</summary>
internal sealed class TopicReceiver(TopicName topic)
{
    private Queue<ReceivedItem> _waiting = new();

    public TopicName Topic { get; } = topic;

    /// <summary>The items of the call under way; empty for none.</summary>
    public IReadOnlyList<ReceivedItem> UnderWay { get; private set; } = [];

    /// <summary>The token of the call under way; zero for none.</summary>
    public long Token { get; private set; }

    /// <summary>The number that frames must echo to count; zero when none is awaited.</summary>
    public long AwaitedNumber { get; set; }

    public bool IsBusy => Token != 0 || _waiting.Count > 0;

    public bool CanCall => Token == 0 && _waiting.Count > 0;

    public void Add(ReceivedItem item) => _waiting.Enqueue(item);

    /// <summary>Puts items before those that wait.</summary>
    public void AddFirst(IEnumerable<ReceivedItem> items) => _waiting = new Queue<ReceivedItem>(items.Concat(_waiting));

    public IReadOnlyList<LinkItem> BeginCall(long token)
    {
        Token = token;
        UnderWay = [.. _waiting];
        _waiting.Clear();
        return [.. UnderWay.Select(static item => item.Item)];
    }

    public IReadOnlyList<ReceivedItem> EndCall()
    {
        var items = UnderWay;
        UnderWay = [];
        Token = 0;
        return items;
    }

    /// <summary>Takes away everything that waits.</summary>
    public IReadOnlyList<ReceivedItem> DropWaiting()
    {
        var dropped = _waiting.ToArray();
        _waiting.Clear();
        return dropped;
    }
}

/// <summary>A piece of a frame that came.</summary>
/// <param name="Item">The piece.</param>
/// <param name="CreditBytes">What of the frame's credit becomes free with it; the last piece of a frame carries it all.</param>
internal readonly record struct ReceivedItem(LinkItem Item, int CreditBytes);
