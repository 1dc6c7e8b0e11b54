using EventMesh.Core.Events;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Grpc;
using EventMesh.Protocol.PeerLink.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using static EventMesh.PeerLink.Tests.Transport.SampleFrames;

namespace EventMesh.PeerLink.Tests.Transport;

public sealed class FrameCodecTests
{
    public static TheoryData<string> FrameKinds => new(All.Select(static frame => frame.GetType().Name));

    [Fact]
    public void SampleFrames_CoverEveryKindOfFrame()
    {
        var kinds = typeof(LinkFrame).Assembly.GetTypes().Where(static type => type.IsSubclassOf(typeof(LinkFrame)) && type != typeof(UnknownFrame));

        Assert.Equal(kinds.Select(static type => type.Name).Order(), All.Select(static frame => frame.GetType().Name).Order());
    }

    [Fact]
    public void SampleFrames_CoverEveryKindOfMessage()
    {
        var reached = All.Select(static frame => FrameEncoder.Encode(frame).KindCase).Distinct();

        Assert.Equal(Enum.GetValues<PeerMessage.KindOneofCase>().Where(static kind => kind != PeerMessage.KindOneofCase.None).Order(), reached.Order());
    }

    [Theory]
    [MemberData(nameof(FrameKinds))]
    public void Decode_WhenEncodedAndSentAsBytes_GivesTheSameFrame(string kind)
    {
        var frame = Sample(kind);

        var bytes = FrameEncoder.Encode(frame).ToByteArray();
        var decoded = FrameDecoder.Decode(PeerMessage.Parser.ParseFrom(bytes));

        Assert.IsType(frame.GetType(), decoded);
        Assert.Equal(bytes, FrameEncoder.Encode(decoded).ToByteArray());
        Assert.Equal(frame.SizeBytes, decoded.SizeBytes);
        Assert.Equal(frame.IsControl, decoded.IsControl);
    }

    [Theory]
    [MemberData(nameof(FrameKinds))]
    public void Encode_SetsEveryFieldOfTheMessage(string kind)
    {
        var message = FrameEncoder.Encode(Sample(kind));

        Assert.Empty(Unset(message));
    }

    [Fact]
    public void Decode_WhenBatch_KeepsPositionsAndBytes()
    {
        var frame = Batch(3, previous: At(4, 40), first: 41);

        var decoded = Assert.IsType<BatchFrame>(RoundTrip(frame));

        Assert.Equal(frame.Batch with { Events = default }, decoded.Batch with { Events = default });
        Assert.Equal(frame.Batch.Events.Bytes.ToArray(), decoded.Batch.Events.Bytes.ToArray());
        Assert.Equal((frame.Topic, frame.ResumeNumber), (decoded.Topic, decoded.ResumeNumber));
        EventBatchReader.Validate(decoded.Batch.Events);
    }

    [Fact]
    public void Decode_WhenNothingPrecedesABatch_SaysNone()
    {
        var decoded = Assert.IsType<BatchFrame>(RoundTrip(Batch(1, previous: default, first: 0)));

        Assert.True(decoded.Batch.Previous.IsNone);
    }

    [Fact]
    public void Decode_WhenKindIsOfANewerRelease_GivesUnknown()
    {
        // Field 99, length-delimited, 2 bytes; field 98, varint.
        var decoded = FrameDecoder.Decode(PeerMessage.Parser.ParseFrom([0x9A, 0x06, 0x02, 0x01, 0x02, 0x90, 0x06, 0x05]));

        Assert.IsType<UnknownFrame>(decoded);
    }

    [Fact]
    public void Decode_WhenAMessageHasUnknownFields_IgnoresThem()
    {
        var heartbeat = new Heartbeat { Timestamp = 7 }.ToByteArray().Concat(new byte[] { 0x90, 0x06, 0x05 }).ToArray();

        var decoded = FrameDecoder.Decode(new PeerMessage { Heartbeat = Heartbeat.Parser.ParseFrom(heartbeat) });

        Assert.Equal(new HeartbeatFrame(7, 0, 0), decoded);
    }

    [Fact]
    public void Decode_WhenInterestActionIsUnknown_GivesUnknown()
    {
        var message = new PeerMessage { ControlPlane = new() { InterestUpdate = new() { NodeId = "a", Action = "pause", Topic = ">" } } };

        Assert.IsType<UnknownFrame>(FrameDecoder.Decode(message));
    }

    [Fact]
    public void Decode_WhenGoodbyeTextIsHostile_MakesItPrintable()
    {
        var message = new PeerMessage { Goodbye = new() { Code = 3002, Message = "a\u001b[31m\n" + new string('x', 4000) } };

        var goodbye = Assert.IsType<GoodbyeFrame>(FrameDecoder.Decode(message));

        Assert.DoesNotContain(goodbye.Message, static c => char.IsControl(c));
        Assert.InRange(goodbye.Message.Length, 1, 100);
        Assert.Null(goodbye.RetryAfter);
    }

    [Fact]
    public void Decode_WhenAHintIsBeyondReason_TakesAnHour()
    {
        var message = new PeerMessage { Goodbye = new() { RetryAfterMs = long.MaxValue } };

        Assert.Equal(TimeSpan.FromHours(1), Assert.IsType<GoodbyeFrame>(FrameDecoder.Decode(message)).RetryAfter);
    }

    private static LinkFrame Sample(string kind) => All.Single(frame => frame.GetType().Name == kind);

    private static LinkFrame RoundTrip(LinkFrame frame) => FrameDecoder.Decode(PeerMessage.Parser.ParseFrom(FrameEncoder.Encode(frame).ToByteArray()));

    /// <summary>Paths of fields that hold their default, in the one kind that is set and in all messages below it.</summary>
    private static IEnumerable<string> Unset(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => IsExpected(message, field)))
        {
            var value = field.Accessor.GetValue(message);
            if (value is IMessage inner)
            {
                foreach (var path in Unset(inner))
                {
                    yield return $"{field.Name}.{path}";
                }
            }
            else if (value is null or "" or 0 or 0L or 0U or false or ByteString { IsEmpty: true } or System.Collections.ICollection { Count: 0 })
            {
                yield return field.Name;
            }
        }
    }

    private static bool IsExpected(IMessage message, FieldDescriptor field) =>
        field.RealContainingOneof is not { } oneof || oneof.Accessor.GetCaseFieldDescriptor(message) == field;
}
