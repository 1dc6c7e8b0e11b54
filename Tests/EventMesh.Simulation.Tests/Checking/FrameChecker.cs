using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Sessions;
using EventMesh.Simulation.Tests.Nodes;

namespace EventMesh.Simulation.Tests.Checking;

/// <summary>Checks a link while it runs: its bounds, what it says, the gaps that it takes and how it ends.</summary>
internal sealed class FrameChecker(SimWorld world, SimNode node, SimLife life, LinkSession session)
{
    private const int LargestFrame = 16 * 1024;

    // Answers to one page of offers and to every frame that credit allows may wait at once, but no more.
    private const int MaxControlFrames = 1200;

    private NodeId Self => life.Identity.Node;

    /// <summary>Nothing that a session holds grows without bound.</summary>
    public void CheckBounds()
    {
        var options = world.Plan.Links;
        Check(session.OutstandingBytes <= Math.Max(options.CreditBytes, LargestFrame), $"{session.OutstandingBytes} bytes are under way, beyond the credit");
        Check(session.QueuedBytes <= options.SendQueueBytes + options.MaxReads * LargestFrame, $"{session.QueuedBytes} bytes are queued");
        Check(session.QueuedFrames <= options.SendQueueFrames + options.MaxReads * 16 + MaxControlFrames, $"{session.QueuedFrames} frames are queued");
    }

    /// <summary>What leaves is true: events as flushed here, positions no further than flushed here.</summary>
    public void CheckLeaving(LinkFrame frame)
    {
        if (!world.Plan.ChecksFrames)
        {
            return;
        }

        switch (frame)
        {
            case BatchFrame batch:
                CheckBatch(batch.Topic, batch.Batch);
                break;
            case AcksFrame acks:
                foreach (var ack in acks.Acks)
                {
                    var flushed = life.Log.GetReader(ack.Topic).FlushedPosition(ack.Origin);
                    Check(ack.Held <= flushed, $"acknowledges {ack.Topic} of {ack.Origin} up to {ack.Held}, flushed is {flushed}");
                }

                break;
        }
    }

    /// <summary>A gap names only what the receiver may go without.</summary>
    public void CheckGaps(ReplicateItems request, NodeIdentity peer)
    {
        foreach (var gap in request.Items.Select(static item => item.Gap).OfType<Gap>())
        {
            switch (gap.Reason)
            {
                case GapReason.BeforeInterest:
                    CheckBeforeInterest(request.Topic, gap, peer);
                    break;
                case GapReason.Refused:
                    var sound = world.Oracle.Within(gap.Origin, request.Topic, gap).FirstOrDefault(pair => !Poison.IsIn(pair.Value.Body));
                    Check(sound.Value is null, $"refuses {sound.Key} of {request.Topic}, which it could take");
                    break;
                case GapReason.Trimmed:
                    CheckTrimmed(request.Topic, gap);
                    break;
                default:
                    throw new SimViolation($"{Self} takes a gap in {request.Topic} that nothing in this world causes: {gap}");
            }
        }
    }

    /// <summary>Nodes of one release never break rules towards each other.</summary>
    public void CheckEnd(CloseLink close) => Check(
        close.Code is MeshErrorCode.None or MeshErrorCode.LinkClosed or MeshErrorCode.PeerSilent or MeshErrorCode.HandshakeExpected or MeshErrorCode.DuplicateNodeId,
        $"ends a link: {close}");

    private void CheckBatch(TopicName topic, ReplicaBatch batch)
    {
        var reader = new EventBatchReader(batch.Events);
        for (var sequence = batch.FirstSequence; reader.MoveNext(); sequence++)
        {
            var position = new Position(batch.Incarnation, sequence);
            var flushed = world.Oracle.Find(Self, topic, position);
            Check(flushed is not null && reader.Body.Span.SequenceEqual(flushed.Body), $"sends {topic} {position}, which is not what it flushed");
        }
    }

    private void CheckBeforeInterest(TopicName topic, Gap gap, NodeIdentity peer)
    {
        var since = world.Oracle.Since(peer, Self, topic);
        var wanted = world.Oracle.Within(gap.Origin, topic, gap).FirstOrDefault(pair => since is null || pair.Value.TimeUnixMs >= since);
        Check(wanted.Value is null, $"is not given {topic} {wanted.Key} of {peer}, which was appended after its interest was known there at {since}: {gap}");
    }

    private void CheckTrimmed(TopicName topic, Gap gap)
    {
        var trimmed = node.Others[gap.Origin].Store.Trimmed(gap.Origin, topic);
        Check(gap.To <= trimmed || world.Oracle.HasLostStore(gap.Origin), $"is told that {topic} was trimmed up to {gap.To}, where {trimmed} was: {gap}");
    }

    private void Check(bool holds, FormattableString what)
    {
        if (!holds)
        {
            throw new SimViolation($"{life.Identity} {FormattableString.Invariant(what)}");
        }
    }
}
