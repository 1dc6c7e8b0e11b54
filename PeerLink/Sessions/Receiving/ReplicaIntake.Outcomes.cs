using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Sessions.Receiving;

/// <summary>What the log has done, and what the peer is told of it.</summary>
internal sealed partial class ReplicaIntake
{
    public void Replicated(ItemsReplicated outcome)
    {
        if (_receivers.Find(outcome.Topic) is not { } receiver || receiver.Token != outcome.Token)
        {
            _context.Hit(LinkBranch.StaleAnswer);
            return;
        }

        var items = receiver.EndCall();
        var decided = Math.Min(outcome.Results.Count, items.Count);
        for (var i = 0; i < decided; i++)
        {
            Decided(receiver, items[i], outcome.Results[i]);
        }

        if (decided < items.Count)
        {
            Failed(receiver, [.. items.Skip(decided)], outcome);
        }

        Call(receiver);
    }

    /// <summary>Whether this node will never take what failed so, so that a gap is the only way on. Everything else is tried again.</summary>
    private static bool IsRefusal(MeshErrorCode code) => code
        is MeshErrorCode.InvalidTopic
        or MeshErrorCode.TopicReserved
        or MeshErrorCode.EventTooLarge
        or MeshErrorCode.InvalidHeaders
        or MeshErrorCode.InvalidBatchSize
        or MeshErrorCode.MalformedEvent
        or MeshErrorCode.PeerNotAllowed;

    private void Decided(TopicReceiver receiver, ReceivedItem received, LinkItemResult result)
    {
        var counters = _context.Counters;
        counters.DuplicatesDropped += result.Duplicates;
        if (result.Verdict == ReplicaVerdict.Resume)
        {
            Resume(receiver, received, result);
            return;
        }

        _context.Hit(result.Verdict == ReplicaVerdict.Duplicate ? LinkBranch.DuplicateAcked : LinkBranch.TakenAcked);
        counters.RecordsStored += result.Stored;
        if (result.Rewound)
        {
            _context.Hit(LinkBranch.OriginRewound);
            _context.Notice(
                LinkNoticeKind.OriginRewound, $"The peer went on at {received.Item.Last} behind events that this node holds.", receiver.Topic);
        }

        if (result.Verdict == ReplicaVerdict.Take && received.Item.Gap is { } gap)
        {
            counters.GapsStored++;
            _context.Notice(LinkNoticeKind.GapStored, $"{gap.Reason}: {gap.From} to {gap.To}.", receiver.Topic, gap.Code);
        }

        Done(receiver.Topic, result.Held, received.CreditBytes);
    }

    private void Resume(TopicReceiver receiver, ReceivedItem received, LinkItemResult result)
    {
        _credit.Release(received.CreditBytes);
        if (receiver.AwaitedNumber > 0)
        {
            _context.Hit(LinkBranch.ResumeAlreadySent);
            _context.Counters.EventsIgnored += received.Item.Events;
            return;
        }

        SendResume(receiver.Topic, result.Held);
        AwaitEcho(receiver);
    }

    private void Failed(TopicReceiver receiver, IReadOnlyList<ReceivedItem> rest, ItemsReplicated outcome)
    {
        if (receiver.AwaitedNumber > 0)
        {
            Ignore(rest);
        }
        else if (IsRefusal(outcome.Code))
        {
            Refuse(receiver, rest, outcome.Code);
        }
        else
        {
            _context.Hit(LinkBranch.PauseSent);
            var wait = outcome.RetryAfter ?? _context.Options.PauseDelay;
            var code = outcome.Code == MeshErrorCode.None ? MeshErrorCode.OutcomeUnknown : outcome.Code;
            _context.Counters.PausesSent++;
            _context.Notice(LinkNoticeKind.TopicPaused, $"The topic cannot be stored now; the peer is asked to wait {wait}.", receiver.Topic, code);
            _lanes.AddControl(new PauseFrame(receiver.Topic, _context.Peer, ++_lastNumber, code, wait));
            Ignore(rest);
            AwaitEcho(receiver);
        }
    }

    /// <summary>Puts a gap in the place of what can never be stored, and goes on behind it.</summary>
    private void Refuse(TopicReceiver receiver, IReadOnlyList<ReceivedItem> rest, MeshErrorCode code)
    {
        var refused = rest[0];
        var others = rest.Skip(1);
        if (refused.Item.Batch is { Events.Count: > 1 } several && code is not (MeshErrorCode.InvalidTopic or MeshErrorCode.TopicReserved))
        {
            // One of them is at fault; alone, it can be told apart.
            _context.Hit(LinkBranch.RefusedBatchSplit);
            var pieces = BatchSieve.Singly(several);
            receiver.AddFirst(pieces
                .Select((piece, i) => new ReceivedItem(piece, i == pieces.Count - 1 ? refused.CreditBytes : 0))
                .Concat(others));
        }
        else if (refused.Item.Batch is { } batch)
        {
            _context.Hit(LinkBranch.EventsRefused);
            Refused(receiver.Topic, code, batch.Events.Count);
            var gap = new Gap(_context.Peer, batch.Previous, batch.Last, GapReason.Refused, code);
            receiver.AddFirst(others.Prepend(new ReceivedItem(new LinkItem(gap), refused.CreditBytes)));
        }
        else
        {
            // Not even the gap can be stored: the topic is none for this node. The peer is told that it is done with.
            _context.Hit(LinkBranch.GapRefused);
            Done(receiver.Topic, refused.Item.Last, refused.CreditBytes);
            receiver.AddFirst(others);
        }
    }

    private void AwaitEcho(TopicReceiver receiver)
    {
        if (_receivers.Await(receiver, _lastNumber))
        {
            _context.Hit(LinkBranch.AwaitForgotten);
        }

        Ignore(receiver.DropWaiting());
    }

    private void Ignore(IReadOnlyList<ReceivedItem> items)
    {
        foreach (var item in items)
        {
            _context.Counters.EventsIgnored += item.Item.Events;
            _credit.Release(item.CreditBytes);
        }
    }

    private void CountRefused(TopicName topic, IReadOnlyList<LinkItem> pieces)
    {
        foreach (var gap in pieces.Select(static piece => piece.Gap).OfType<Gap>())
        {
            Refused(topic, gap.Code, (int)(gap.To.Sequence - gap.From.Sequence));
        }
    }

    private void Refused(TopicName topic, MeshErrorCode code, int events)
    {
        _context.Counters.EventsRefused += events;
        _context.Notice(LinkNoticeKind.EventsRefused, $"{events} events can never be stored here and become a gap.", topic, code);
    }
}
