using EventMesh.Core.Errors;
using EventMesh.PeerLink.Grpc;
using EventMesh.Protocol.PeerLink.V1;

namespace EventMesh.PeerLink.Tests.Transport;

/// <summary>Every rule that a message can break ends in <c>MalformedFrame</c> with the field's name.</summary>
public sealed class FrameRulesTests
{
    private static readonly Position At = new() { Incarnation = 5, Sequence = 4 };

    public static TheoryData<string, Action<EventBatch>> BrokenBatches => new()
    {
        { "event_batch.topic", batch => batch.Topic = "a..b" },
        { "event_batch.topic", batch => batch.Topic = "" },
        { "event_batch.origin", batch => batch.Origin = "has space" },
        { "event_batch.incarnation", batch => batch.Incarnation = 0 },
        { "event_batch.first_sequence", batch => batch.FirstSequence = -1 },
        { "event_batch.count", batch => batch.FirstSequence = long.MaxValue },
        { "event_batch.count", batch => batch.Count = 0 },
        { "event_batch.count", batch => batch.Count = 65_537 },
        { "event_batch.previous", batch => batch.Previous = new() { Incarnation = 5, Sequence = 3 } },
        { "event_batch.previous", batch => batch.Previous = new() { Incarnation = 6, Sequence = 0 } },
        { "event_batch.previous", batch => batch.Previous = new() { Incarnation = 5, Sequence = long.MaxValue } },
        { "event_batch.previous", batch => batch.Previous = new() { Incarnation = -5, Sequence = 1 } },
        { "event_batch.hops", batch => batch.Hops = 0 },
        { "event_batch.hops", batch => batch.Hops = 17 },
        { "event_batch.resume_number", batch => batch.ResumeNumber = -1 },
        { "event_batch.events", batch => batch.Events = Google.Protobuf.ByteString.CopyFrom(new byte[4 * 1024 * 1024 + 1]) },
    };

    public static TheoryData<string, PeerMessage> BrokenMessages => new()
    {
        { "handshake.node_id", new() { Handshake = new() { NodeId = "" } } },
        { "handshake.node_id", new() { Handshake = new() { NodeId = new string('n', 65) } } },
        { "handshake.incarnation", new() { Handshake = new() { NodeId = "n", Incarnation = -1 } } },
        { "handshake.link_number", new() { Handshake = new() { NodeId = "n", LinkNumber = -1 } } },
        { "handshake.credit_bytes", new() { Handshake = new() { NodeId = "n", CreditBytes = -1 } } },
        { "handshake.features", new() { Handshake = new() { NodeId = "n", Features = { Enumerable.Repeat("f", 65) } } } },
        { "heartbeat.echo_delay_ms", new() { Heartbeat = new() { EchoDelayMs = -1 } } },
        { "gap.to", new() { Gap = new() { Topic = "t", Origin = "n", Reason = GapReason.Trimmed } } },
        { "gap.to", new() { Gap = new() { Topic = "t", Origin = "n", Reason = GapReason.Trimmed, From = At, To = At } } },
        { "gap.reason", new() { Gap = new() { Topic = "t", Origin = "n", To = At } } },
        { "gap.reason", new() { Gap = new() { Topic = "t", Origin = "n", To = At, Reason = (GapReason)257 } } },
        { "offer.topics", new() { Offer = new() } },
        { "offer.topics", new() { Offer = new() { Topics = { Enumerable.Repeat(new TopicOffer { Topic = "t", Origin = "n", End = At }, 257) } } } },
        { "offer.end", new() { Offer = new() { Topics = { new TopicOffer { Topic = "t", Origin = "n" } } } } },
        { "resume.number", new() { Resume = new() { Topic = "t", Origin = "n" } } },
        { "resume.start", new() { Resume = new() { Topic = "t", Origin = "n", Number = 1, Start = (ResumeStart)9 } } },
        { "acks.credit_bytes", new() { Acks = new() { CreditBytes = -1 } } },
        { "acks.held", new() { Acks = new() { Positions = { new PositionAck { Topic = "t", Origin = "n" } } } } },
        { "acks.positions", new() { Acks = new() { Positions = { Enumerable.Repeat(new PositionAck { Topic = "t", Origin = "n", Held = At }, 1025) } } } },
        { "pause.number", new() { Pause = new() { Topic = "t", Origin = "n" } } },
        { "pause.retry_after_ms", new() { Pause = new() { Topic = "t", Origin = "n", Number = 1, RetryAfterMs = -1 } } },
        { "goodbye.retry_after_ms", new() { Goodbye = new() { RetryAfterMs = -1 } } },
        { "bundle.messages", new() { Bundle = new() } },
        { "bundle.messages", new() { Bundle = new() { Messages = { Enumerable.Repeat(new PeerMessage(), 257) } } } },
        { "bundle.messages", new() { Bundle = new() { Messages = { new PeerMessage { Bundle = new() { Messages = { new PeerMessage() } } } } } } },
        { "heartbeat.echo_delay_ms", new() { Bundle = new() { Messages = { new PeerMessage { Heartbeat = new() { EchoDelayMs = -1 } } } } } },
    };

    [Theory]
    [MemberData(nameof(BrokenBatches))]
    public void Decode_WhenABatchBreaksARule_NamesTheField(string field, Action<EventBatch> breakIt)
    {
        var batch = new EventBatch { Topic = "t", Origin = "n", Incarnation = 5, FirstSequence = 5, Previous = At, Hops = 1, Count = 1 };
        Assert.NotNull(FrameDecoder.Decode(new() { EventBatch = batch.Clone() }));

        breakIt(batch);

        AssertRefused(field, new() { EventBatch = batch });
    }

    [Theory]
    [MemberData(nameof(BrokenMessages))]
    public void Decode_WhenAMessageBreaksARule_NamesTheField(string field, PeerMessage message) => AssertRefused(field, message);

    private static void AssertRefused(string field, PeerMessage message)
    {
        var error = Assert.Throws<EventMeshException>(() => FrameDecoder.Decode(message));

        Assert.Equal(MeshErrorCode.MalformedFrame, error.Code);
        Assert.StartsWith(field + " ", error.Message, StringComparison.Ordinal);
    }
}
