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

    public void Add(TopicSender sender)
    {
        sender.AwaitAnswer();
        _pending.Enqueue((sender, sender.Epoch));
    }

    /// <summary>The peer has answered, or the topic is no longer wanted.</summary>
    public void Close(TopicSender sender) => _open.Remove(sender);

    /// <summary>The next page, if there is one to send; null while too many are open.</summary>
    public OfferFrame? NextPage()
    {
        var offers = new List<TopicOffer>();
        while (offers.Count < OfferFrame.MaxOffers && _open.Count < MaxOutstanding && _pending.TryDequeue(out var next))
        {
            if (next.Sender.Epoch == next.Epoch && next.Sender.State == TopicSendState.Offered)
            {
                _open.Add(next.Sender);
                offers.Add(new TopicOffer(next.Sender.Topic, context.Self.Node, next.Sender.End));
            }
        }

        context.Counters.TopicsOffered += offers.Count;
        return offers.Count == 0 ? null : new OfferFrame(offers);
    }
}
