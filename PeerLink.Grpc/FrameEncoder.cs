using EventMesh.Core.Identity;
using EventMesh.PeerLink.Frames;
using Google.Protobuf;
using Wire = EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Grpc;

/// <summary>Turns frames into messages of <c>peerlink.proto</c>. Events are wrapped, not copied: they must not change until the message is written.</summary>
internal static class FrameEncoder
{
    public const string Subscribe = "subscribe";
    public const string Unsubscribe = "unsubscribe";

    /// <summary>Encodes any frame that this release sends; an <see cref="UnknownFrame"/> becomes an empty message, which everybody ignores.</summary>
    public static Wire.PeerMessage Encode(LinkFrame frame) => frame switch
    {
        BatchFrame batch => new() { EventBatch = Batch(batch) },
        AcksFrame acks => new() { Acks = Acks(acks) },
        HeartbeatFrame heartbeat => new() { Heartbeat = Heartbeat(heartbeat) },
        EventFrame single => new() { Event = Event(single) },
        GapFrame gap => new() { Gap = Gap(gap) },
        ResumeFrame resume => new() { Resume = Resume(resume) },
        PauseFrame pause => new() { Pause = Pause(pause) },
        OfferFrame offer => new() { Offer = Offer(offer) },
        HandshakeFrame handshake => new() { Handshake = Handshake(handshake) },
        InterestSnapshotFrame snapshot => new() { ControlPlane = new() { InterestSnapshot = Snapshot(snapshot) } },
        InterestUpdateFrame update => new() { ControlPlane = new() { InterestUpdate = Update(update) } },
        InterestAppliedFrame applied => new() { InterestApplied = new() { Version = applied.Version } },
        GoodbyeFrame goodbye => new() { Goodbye = Goodbye(goodbye) },
        BundleFrame bundle => new() { Bundle = Bundle(bundle) },
        OffsetAckFrame ack => new() { Ack = new() { Topic = ack.Topic, Offset = ack.Offset } },
        UnknownFrame => new(),
        _ => throw new ArgumentException($"{frame.GetType().Name} has no form on the wire.", nameof(frame)),
    };

    private static Wire.Bundle Bundle(BundleFrame frame)
    {
        var message = new Wire.Bundle();
        message.Messages.Capacity = frame.Frames.Count;
        foreach (var part in frame.Frames)
        {
            message.Messages.Add(Encode(part));
        }

        return message;
    }

    private static Wire.Handshake Handshake(HandshakeFrame frame)
    {
        var message = new Wire.Handshake
        {
            NodeId = frame.Node.Value,
            ProtocolVersion = frame.ProtocolVersion,
            Incarnation = frame.Incarnation.Value,
            LinkNumber = frame.LinkNumber,
            CreditBytes = frame.CreditBytes,
        };
        message.Features.AddRange(frame.Features);
        return message;
    }

    private static Wire.Event Event(EventFrame frame)
    {
        var message = new Wire.Event
        {
            Topic = frame.Topic,
            Offset = frame.Offset,
            Payload = UnsafeByteOperations.UnsafeWrap(frame.Payload),
        };
        foreach (var (name, value) in frame.Headers)
        {
            message.Headers[name] = value;
        }

        return message;
    }

    private static Wire.Heartbeat Heartbeat(HeartbeatFrame frame) => new()
    {
        Timestamp = frame.TimestampUnixMs,
        EchoTimestamp = frame.EchoUnixMs,
        EchoDelayMs = frame.EchoDelayMs,
    };

    private static Wire.InterestSnapshot Snapshot(InterestSnapshotFrame frame)
    {
        var message = new Wire.InterestSnapshot { NodeId = frame.Node, Version = frame.Version };
        message.Topics.AddRange(frame.Patterns);
        return message;
    }

    private static Wire.InterestUpdate Update(InterestUpdateFrame frame) => new()
    {
        NodeId = frame.Node,
        Action = frame.IsSubscribe ? Subscribe : Unsubscribe,
        Topic = frame.Pattern,
        Version = frame.Version,
    };

    private static Wire.EventBatch Batch(BatchFrame frame) => new()
    {
        Topic = frame.Topic.Value,
        Origin = frame.Batch.Origin.Value,
        Incarnation = frame.Batch.Incarnation.Value,
        FirstSequence = frame.Batch.FirstSequence,
        Previous = At(frame.Batch.Previous),
        Hops = (uint)frame.Batch.Hops,
        ResumeNumber = frame.ResumeNumber,
        Count = (uint)frame.Batch.Events.Count,
        BaseTimeUnixMs = frame.Batch.Events.BaseTimeUnixMs,
        Events = UnsafeByteOperations.UnsafeWrap(frame.Batch.Events.Bytes),
    };

    private static Wire.Gap Gap(GapFrame frame) => new()
    {
        Topic = frame.Topic.Value,
        Origin = frame.Gap.Origin.Value,
        From = At(frame.Gap.From),
        To = At(frame.Gap.To),
        Reason = (Wire.GapReason)(int)frame.Gap.Reason,
        Code = (int)frame.Gap.Code,
        ResumeNumber = frame.ResumeNumber,
    };

    private static Wire.Offer Offer(OfferFrame frame)
    {
        var message = new Wire.Offer();
        foreach (var offer in frame.Offers)
        {
            message.Topics.Add(new Wire.TopicOffer { Topic = offer.Topic.Value, Origin = offer.Origin.Value, End = At(offer.End) });
        }

        return message;
    }

    private static Wire.Resume Resume(ResumeFrame frame) => new()
    {
        Topic = frame.Topic.Value,
        Origin = frame.Origin.Value,
        Number = frame.Number,
        Held = At(frame.Held),
        Start = (Wire.ResumeStart)(int)frame.Start,
        StartTimeUnixMs = frame.StartTimeUnixMs,
    };

    private static Wire.Acks Acks(AcksFrame frame)
    {
        var message = new Wire.Acks { CreditBytes = frame.CreditBytes };
        foreach (var ack in frame.Acks)
        {
            message.Positions.Add(new Wire.PositionAck { Topic = ack.Topic.Value, Origin = ack.Origin.Value, Held = At(ack.Held) });
        }

        return message;
    }

    private static Wire.Pause Pause(PauseFrame frame) => new()
    {
        Topic = frame.Topic.Value,
        Origin = frame.Origin.Value,
        Number = frame.Number,
        Code = (int)frame.Code,
        RetryAfterMs = (long)frame.RetryAfter.TotalMilliseconds,
    };

    private static Wire.Goodbye Goodbye(GoodbyeFrame frame)
    {
        var message = new Wire.Goodbye { Code = (int)frame.Code, Message = frame.Message };
        if (frame.RetryAfter is { } wait)
        {
            message.RetryAfterMs = (long)wait.TotalMilliseconds;
        }

        return message;
    }

    private static Wire.Position? At(Position position) =>
        position.IsNone ? null : new Wire.Position { Incarnation = position.Incarnation.Value, Sequence = position.Sequence };
}
