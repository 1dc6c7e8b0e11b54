using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Sending;

/// <summary>Topics of which the peer's position must be asked, page by page: a bounded number of questions is open at a time.</summary>
internal sealed class TopicOffers(LinkContext context)
{
    /// <summary>Most topics that are offered and not answered.</summary>
    public const int MaxOutstanding = 4 * OfferFrame.MaxOffers;

    private readonly Queue<(TopicSender Sender, int Epoch)> _pending = new();
    private readonly HashSet<TopicSender> _open = [];

    /// <summary>Topics offered and not answered.</summary>
    public int Outstanding => _open.Count;

    /// <summary>Topics that wait to be offered.</summary>
    public int Pending => _pending.Count;

    public void Add(TopicSender sender)
    {
        sender.AwaitAnswer();
        _pending.Enqueue((sender, sender.Epoch));
    }

    /// <summary>The peer has answered, or the topic is no longer wanted.</summary>
    public void Close(TopicSender sender) => _open.Remove(sender);

    /// <summary>Forgets topics that have gone on without an answer.</summary>
    public void DropVoid()
    {
        var live = _pending.Where(IsLive).ToArray();
        _pending.Clear();
        foreach (var entry in live)
        {
            _pending.Enqueue(entry);
        }
    }

    /// <summary>The next page, if there is one to send; null while too many are open.</summary>
    public OfferFrame? NextPage()
    {
        if (_pending.Count == 0)
        {
            return null;
        }

        var offers = new List<TopicOffer>();
        while (offers.Count < OfferFrame.MaxOffers && _open.Count < MaxOutstanding && _pending.TryDequeue(out var next))
        {
            if (IsLive(next))
            {
                _open.Add(next.Sender);
                offers.Add(new TopicOffer(next.Sender.Topic, context.Self.Node, next.Sender.End));
            }
        }

        context.Counters.TopicsOffered += offers.Count;
        return offers.Count == 0 ? null : new OfferFrame(offers);
    }

    private static bool IsLive((TopicSender Sender, int Epoch) entry) =>
        entry.Sender.Epoch == entry.Epoch && entry.Sender.State == TopicSendState.Offered;
}
