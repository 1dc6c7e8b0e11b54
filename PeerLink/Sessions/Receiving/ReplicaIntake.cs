using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Receiving;

/// <summary>Takes the peer's events into this node's logs, in order per topic, and answers for them: acknowledgement, Resume, Pause or a
/// gap.</summary>
/// <remarks>The log decides by contiguity. An acknowledgement leaves only after the log has said that it is flushed.</remarks>
internal sealed partial class ReplicaIntake
{
    /// <summary>Most offered topics whose positions are being looked up; a peer that keeps to the protocol stays far below.</summary>
    private const int MaxLookUps = 16 * OfferFrame.MaxOffers;

    private readonly LinkContext _context;
    private readonly Sending.SendLanes _lanes;
    private readonly ReceiveCredit _credit;
    private readonly ReceiverTable _receivers;
    private readonly Dictionary<long, IReadOnlyList<TopicName>> _lookUps = [];
    private int _lookUpTopics;
    private long _lastNumber;
    private bool _isStopped;

    public ReplicaIntake(LinkContext context, Sending.SendLanes lanes)
    {
        _context = context;
        _lanes = lanes;
        _credit = new ReceiveCredit(context.Options.CreditBytes);
        _receivers = new ReceiverTable(context.Options.MaxTopics);
        Acks = new AckBox(_credit);
    }

    public AckBox Acks { get; }

    /// <summary>Whether nothing is being stored.</summary>
    public bool IsQuiet => _receivers.Busy == 0;

    public int TrackedEntries => _receivers.Count + _lookUps.Count;

    /// <summary>Takes nothing more: what comes is dropped unacknowledged and will be sent again on another link.</summary>
    public void Stop() => _isStopped = true;

    public void Received(BatchFrame frame)
    {
        _context.Counters.EventsReceived += frame.Batch.Events.Count;
        if (!IsAllowed(frame, frame.Batch.Origin) || !IsExpected(frame.Topic, frame.ResumeNumber, frame.SizeBytes, frame.Batch.Events.Count))
        {
            return;
        }

        if (frame.Topic.IsSystem)
        {
            _context.Hit(LinkBranch.TopicRefused);
            Refused(frame.Topic, MeshErrorCode.TopicReserved, frame.Batch.Events.Count);
            Done(frame.Topic, frame.Batch.Last, frame.SizeBytes);
            return;
        }

        var pieces = BatchSieve.Sift(frame.Batch);
        if (pieces.Count > 1 || pieces[0].Batch is null)
        {
            _context.Hit(LinkBranch.EventsRefusedOnArrival);
            CountRefused(frame.Topic, pieces);
        }

        Take(frame.Topic, pieces, frame.SizeBytes);
    }

    public void Received(GapFrame frame)
    {
        if (!IsAllowed(frame, frame.Gap.Origin) || !IsExpected(frame.Topic, frame.ResumeNumber, frame.SizeBytes, 0))
        {
            return;
        }

        if (frame.Topic.IsSystem)
        {
            _context.Hit(LinkBranch.TopicRefused);
            Done(frame.Topic, frame.Gap.To, frame.SizeBytes);
            return;
        }

        _context.Hit(LinkBranch.GapReceived);
        Take(frame.Topic, [new LinkItem(frame.Gap)], frame.SizeBytes);
    }

    public void Received(OfferFrame frame)
    {
        if (_isStopped)
        {
            return;
        }

        if (frame.Offers.Count > OfferFrame.MaxOffers || _lookUpTopics + frame.Offers.Count > MaxLookUps)
        {
            _context.Violate(MeshErrorCode.CreditExceeded, $"{frame.Offers.Count} offers come on top of {_lookUpTopics}; {MaxLookUps} may be open.");
            return;
        }

        if (frame.Offers.FirstOrDefault(offer => offer.Origin != _context.Peer) is { } foreign)
        {
            _context.Hit(LinkBranch.ForeignOrigin);
            _context.Violate(
                MeshErrorCode.MalformedFrame, $"Topic '{foreign.Topic}' is offered for '{foreign.Origin}'; a node offers its own events.");
            return;
        }

        _context.Hit(LinkBranch.OfferReceived);
        var token = _context.NextToken();
        IReadOnlyList<TopicName> topics = [.. frame.Offers.Select(static offer => offer.Topic).Where(static topic => !topic.IsSystem)];
        _lookUps.Add(token, topics);
        _lookUpTopics += topics.Count;
        _context.Emit(new LookUpPositions(token, _context.Peer, topics));
    }

    public void Found(PositionsFound found)
    {
        if (!_lookUps.Remove(found.Token, out var topics))
        {
            _context.Hit(LinkBranch.StaleAnswer);
            return;
        }

        _lookUpTopics -= topics.Count;
        for (var i = 0; i < topics.Count && !_isStopped; i++)
        {
            // Nothing of the topic can be under way to this side between its offer and this answer, so no number has to be awaited.
            SendResume(topics[i], found.Held[i]);
        }
    }

    private bool IsAllowed(LinkFrame frame, NodeId origin)
    {
        if (_isStopped)
        {
            return false;
        }

        if (origin != _context.Peer)
        {
            _context.Hit(LinkBranch.ForeignOrigin);
            _context.Violate(MeshErrorCode.MalformedFrame, $"Events of '{origin}' came from '{_context.Peer}'; a node forwards its own events only.");
            return false;
        }

        if (!_credit.TryTake(frame.SizeBytes))
        {
            _context.Hit(LinkBranch.CreditViolated);
            _context.Violate(MeshErrorCode.CreditExceeded, $"A frame of {frame.SizeBytes} bytes is beyond the credit.");
            return false;
        }

        return true;
    }

    /// <summary>Whether the frame was sent after the peer obeyed the topic's last Resume or Pause; else it is ignored and its credit
    /// returned.</summary>
    private bool IsExpected(TopicName topic, long number, int sizeBytes, int events)
    {
        if (_receivers.Find(topic) is not { AwaitedNumber: > 0 } receiver)
        {
            return true;
        }

        if (number < receiver.AwaitedNumber)
        {
            _context.Hit(LinkBranch.StaleFrameIgnored);
            _context.Counters.EventsIgnored += events;
            _credit.Release(sizeBytes);
            return false;
        }

        _context.Hit(LinkBranch.NumberEchoed);
        receiver.AwaitedNumber = 0;
        return true;
    }

    private void Take(TopicName topic, IReadOnlyList<LinkItem> pieces, int sizeBytes)
    {
        var receiver = _receivers.GetOrAdd(topic);
        for (var i = 0; i < pieces.Count; i++)
        {
            receiver.Add(new ReceivedItem(pieces[i], i == pieces.Count - 1 ? sizeBytes : 0));
        }

        _context.Hit(receiver.Token == 0 ? LinkBranch.StoredAtOnce : LinkBranch.GatheredForNextCall);
        Call(receiver);
    }

    private void Call(TopicReceiver receiver)
    {
        if (!receiver.CanCall)
        {
            _receivers.RemoveIfIdle(receiver);
            return;
        }

        var token = _context.NextToken();
        _context.Emit(new ReplicateItems(token, receiver.Topic, _context.Peer, receiver.BeginCall(token)));
    }

    private void Done(TopicName topic, Position held, int creditBytes)
    {
        Acks.Add(topic, held);
        _credit.Release(creditBytes);
    }

    private void SendResume(TopicName topic, Position held)
    {
        var start = !held.IsNone ? ResumeStart.Position
            : _context.Options.FirstContact == FirstContact.Earliest ? ResumeStart.Earliest
            : ResumeStart.Live;
        _context.Hit(start switch
        {
            ResumeStart.Position => LinkBranch.ResumeSentAtPosition,
            ResumeStart.Earliest => LinkBranch.ResumeSentEarliest,
            _ => LinkBranch.ResumeSentLive,
        });
        _context.Counters.ResumesSent++;
        _lanes.AddControl(new ResumeFrame(topic, _context.Peer, ++_lastNumber, held, start, 0));
    }
}
