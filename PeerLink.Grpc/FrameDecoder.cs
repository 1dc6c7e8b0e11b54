using EventMesh.Core;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.PeerLink.Frames;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Grpc;

/// <summary>Turns messages of <c>peerlink.proto</c> into frames and refuses what breaks a rule of the protocol, naming the field.</summary>
/// <remarks>
/// Names, positions, counts and sizes are checked here. The inside of a batch's packed events is not: whoever stores them checks it,
/// since an event over a limit is refused alone, while a broken frame ends the link.
/// </remarks>
internal static class FrameDecoder
{
    private const int MaxFeatures = 64;

    /// <summary>Decodes a message; kinds from a newer release, and empty messages, become <see cref="UnknownFrame"/>.</summary>
    /// <exception cref="EventMeshException"><c>MalformedFrame</c>.</exception>
    public static LinkFrame Decode(Wire.PeerMessage message) => message.KindCase switch
    {
        Wire.PeerMessage.KindOneofCase.EventBatch => Batch(message.EventBatch),
        Wire.PeerMessage.KindOneofCase.Acks => Acks(message.Acks),
        Wire.PeerMessage.KindOneofCase.Heartbeat => Heartbeat(message.Heartbeat),
        Wire.PeerMessage.KindOneofCase.Event => Event(message.Event),
        Wire.PeerMessage.KindOneofCase.Gap => Gap(message.Gap),
        Wire.PeerMessage.KindOneofCase.Resume => Resume(message.Resume),
        Wire.PeerMessage.KindOneofCase.Pause => Pause(message.Pause),
        Wire.PeerMessage.KindOneofCase.Offer => Offer(message.Offer),
        Wire.PeerMessage.KindOneofCase.Handshake => Handshake(message.Handshake),
        Wire.PeerMessage.KindOneofCase.ControlPlane => ControlPlane(message.ControlPlane),
        Wire.PeerMessage.KindOneofCase.InterestApplied => new InterestAppliedFrame(message.InterestApplied.Version),
        Wire.PeerMessage.KindOneofCase.Goodbye => Goodbye(message.Goodbye),
        Wire.PeerMessage.KindOneofCase.Bundle => Bundle(message.Bundle),
        Wire.PeerMessage.KindOneofCase.Ack => new OffsetAckFrame(message.Ack.Topic, message.Ack.Offset),
        _ => new UnknownFrame(),
    };

    private static BundleFrame Bundle(Wire.Bundle message)
    {
        if (message.Messages.Count is < 1 or > BundleFrame.MaxFrames)
        {
            throw WireFields.Malformed("bundle.messages", $"has {message.Messages.Count} entries; 1 to {BundleFrame.MaxFrames} are allowed");
        }

        var frames = new LinkFrame[message.Messages.Count];
        for (var i = 0; i < frames.Length; i++)
        {
            var part = message.Messages[i];
            frames[i] = part.KindCase != Wire.PeerMessage.KindOneofCase.Bundle
                ? Decode(part)
                : throw WireFields.Malformed("bundle.messages", "holds another bundle");
        }

        return new BundleFrame(frames);
    }

    private static HandshakeFrame Handshake(Wire.Handshake message)
    {
        if (message.Features.Count > MaxFeatures)
        {
            throw WireFields.Malformed("handshake.features", $"has {message.Features.Count} entries, above {MaxFeatures}");
        }

        return new HandshakeFrame(
            WireFields.Node(message.NodeId, "handshake.node_id"),
            message.ProtocolVersion,
            [.. message.Features],
            new Incarnation(WireFields.NotNegative(message.Incarnation, "handshake.incarnation")),
            WireFields.NotNegative(message.LinkNumber, "handshake.link_number"),
            WireFields.NotNegative(message.CreditBytes, "handshake.credit_bytes"));
    }

    private static EventFrame Event(Wire.Event message) =>
        new(message.Topic, message.Offset, message.Payload.Memory, [.. message.Headers]);

    private static HeartbeatFrame Heartbeat(Wire.Heartbeat message) =>
        new(message.Timestamp, message.EchoTimestamp, WireFields.NotNegative(message.EchoDelayMs, "heartbeat.echo_delay_ms"));

    private static LinkFrame ControlPlane(Wire.ControlPlaneMessage message) => message.KindCase switch
    {
        Wire.ControlPlaneMessage.KindOneofCase.InterestSnapshot => new InterestSnapshotFrame(
            message.InterestSnapshot.NodeId, [.. message.InterestSnapshot.Topics], message.InterestSnapshot.Version),
        Wire.ControlPlaneMessage.KindOneofCase.InterestUpdate => Update(message.InterestUpdate),
        _ => new UnknownFrame(),
    };

    private static LinkFrame Update(Wire.InterestUpdate message) =>
        message.Action is FrameEncoder.Subscribe or FrameEncoder.Unsubscribe
            ? new InterestUpdateFrame(message.NodeId, message.Action == FrameEncoder.Subscribe, message.Topic, message.Version)
            : new UnknownFrame();

    private static BatchFrame Batch(Wire.EventBatch message)
    {
        var incarnation = WireFields.Life(message.Incarnation, "event_batch.incarnation");
        var previous = WireFields.PositionOrNone(message.Previous, "event_batch.previous");
        var first = WireFields.NotNegative(message.FirstSequence, "event_batch.first_sequence");
        if (message.Count is < 1 or > EventLimits.MaxBatchEvents || first > long.MaxValue - EventLimits.MaxBatchEvents)
        {
            throw WireFields.Malformed("event_batch.count", $"is {message.Count} from sequence {first}; 1 to {EventLimits.MaxBatchEvents} are allowed");
        }

        if (previous.Incarnation > incarnation || (previous.Incarnation == incarnation && previous.NextSequence != first))
        {
            throw WireFields.Malformed("event_batch.previous", $"is {previous}, which {incarnation}/{first} does not follow");
        }

        if (message.Hops is < 1 or > ReplicaBatch.MaxHops)
        {
            throw WireFields.Malformed("event_batch.hops", $"is {message.Hops}; 1 to {ReplicaBatch.MaxHops} are allowed");
        }

        if (message.Events.Length > EventLimits.MaxBatchBytes)
        {
            throw WireFields.Malformed("event_batch.events", $"has {message.Events.Length} bytes, above {EventLimits.MaxBatchBytes}");
        }

        var events = new EventBatch((int)message.Count, message.BaseTimeUnixMs, message.Events.Memory);
        var batch = new ReplicaBatch(
            WireFields.Node(message.Origin, "event_batch.origin"), incarnation, previous, first, (int)message.Hops, events);
        return new BatchFrame(
            WireFields.Topic(message.Topic, "event_batch.topic"),
            batch,
            WireFields.NotNegative(message.ResumeNumber, "event_batch.resume_number"));
    }

    private static GapFrame Gap(Wire.Gap message)
    {
        var from = WireFields.PositionOrNone(message.From, "gap.from");
        var to = WireFields.PositionOf(message.To, "gap.to");
        if (from >= to)
        {
            throw WireFields.Malformed("gap.to", $"is {to}, not above {from}");
        }

        var reason = (GapReason)(byte)Math.Clamp((int)message.Reason, byte.MinValue, byte.MaxValue);
        if (!Enum.IsDefined(reason))
        {
            throw WireFields.Malformed("gap.reason", $"is {(int)message.Reason}, which is none");
        }

        var gap = new Gap(WireFields.Node(message.Origin, "gap.origin"), from, to, reason, (MeshErrorCode)message.Code);
        return new GapFrame(
            WireFields.Topic(message.Topic, "gap.topic"), gap, WireFields.NotNegative(message.ResumeNumber, "gap.resume_number"));
    }

    private static OfferFrame Offer(Wire.Offer message)
    {
        if (message.Topics.Count is < 1 or > OfferFrame.MaxOffers)
        {
            throw WireFields.Malformed("offer.topics", $"has {message.Topics.Count} entries; 1 to {OfferFrame.MaxOffers} are allowed");
        }

        return new OfferFrame([.. message.Topics.Select(static offer => new TopicOffer(
            WireFields.Topic(offer.Topic, "offer.topic"),
            WireFields.Node(offer.Origin, "offer.origin"),
            WireFields.PositionOf(offer.End, "offer.end")))]);
    }

    private static ResumeFrame Resume(Wire.Resume message)
    {
        var start = (ResumeStart)(int)message.Start;
        if (!Enum.IsDefined(start))
        {
            throw WireFields.Malformed("resume.start", $"is {(int)message.Start}, which is none");
        }

        return new ResumeFrame(
            WireFields.Topic(message.Topic, "resume.topic"),
            WireFields.Node(message.Origin, "resume.origin"),
            WireFields.Number(message.Number, "resume.number"),
            WireFields.PositionOrNone(message.Held, "resume.held"),
            start,
            message.StartTimeUnixMs);
    }

    private static AcksFrame Acks(Wire.Acks message)
    {
        if (message.Positions.Count > AcksFrame.MaxAcks)
        {
            throw WireFields.Malformed("acks.positions", $"has {message.Positions.Count} entries, above {AcksFrame.MaxAcks}");
        }

        PositionAck[] acks = message.Positions.Count == 0 ? [] : [.. message.Positions.Select(static ack => new PositionAck(
            WireFields.Topic(ack.Topic, "acks.topic"),
            WireFields.Node(ack.Origin, "acks.origin"),
            WireFields.PositionOf(ack.Held, "acks.held")))];
        return new AcksFrame(acks, WireFields.NotNegative(message.CreditBytes, "acks.credit_bytes"));
    }

    private static PauseFrame Pause(Wire.Pause message) => new(
        WireFields.Topic(message.Topic, "pause.topic"),
        WireFields.Node(message.Origin, "pause.origin"),
        WireFields.Number(message.Number, "pause.number"),
        (MeshErrorCode)message.Code,
        WireFields.Wait(message.RetryAfterMs, "pause.retry_after_ms"));

    private static GoodbyeFrame Goodbye(Wire.Goodbye message) => new(
        (MeshErrorCode)message.Code,
        Printable.Clip(message.Message),
        message.HasRetryAfterMs ? WireFields.Wait(message.RetryAfterMs, "goodbye.retry_after_ms") : null);
}
