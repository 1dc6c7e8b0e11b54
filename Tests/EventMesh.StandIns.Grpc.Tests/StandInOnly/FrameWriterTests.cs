using System.Buffers;
using Grpc.Core;
using Grpc.Wire;

namespace EventMesh.StandIns.Grpc.Tests.StandInOnly;

public sealed class FrameWriterTests
{
    private static readonly byte[] Payload = [1, 2, 3, 4];

    public static TheoryData<string, Action<byte[], SerializationContext>> Serializers() => new()
    {
        { "array", (payload, context) => context.Complete(payload) },
        {
            "buffer",
            (payload, context) =>
            {
                foreach (var octet in payload)
                {
                    context.GetBufferWriter().Write([octet]);
                }

                context.Complete();
            }
        },
        {
            "buffer of known length",
            (payload, context) =>
            {
                context.SetPayloadLength(payload.Length);
                context.GetBufferWriter().Write(payload);
                context.Complete();
            }
        },
    };

    [Theory]
    [MemberData(nameof(Serializers))]
    public void Serialize_ByAnyWay_MakesSameFrame(string name, Action<byte[], SerializationContext> serializer)
    {
        var writer = new FrameWriter(maxPayload: 4);
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal([0, 0, 0, 0, 4, .. Payload], writer.Serialize(Payload, serializer).ToArray());
        }

        Assert.NotEmpty(name);
    }

    [Theory]
    [MemberData(nameof(Serializers))]
    public void Serialize_WhenTooLarge_IsRefusedAndWriterStaysUsable(string name, Action<byte[], SerializationContext> serializer)
    {
        var writer = new FrameWriter(maxPayload: 3);

        var failure = Assert.Throws<RpcException>(() => writer.Serialize(Payload, serializer));

        Assert.Equal(StatusCode.ResourceExhausted, failure.StatusCode);
        Assert.Equal(8, writer.Serialize(new byte[3], serializer).Length);
        Assert.NotEmpty(name);
    }

    [Fact]
    public void Serialize_AfterLargeMessage_WorksForSmallOnes()
    {
        var writer = new FrameWriter(maxPayload: null);

        Assert.Equal(5_000_005, writer.Serialize(new byte[5_000_000], Marshal).Length);
        Assert.Equal([0, 0, 0, 0, 1, 7], writer.Serialize(new byte[] { 7 }, Marshal).ToArray());
    }

    [Fact]
    public void Serialize_WhenSerializerDoesNotComplete_Throws() =>
        Assert.Throws<InvalidOperationException>(() => new FrameWriter(null).Serialize(Payload, (_, _) => { }));

    [Fact]
    public void Serialize_WhenSerializerCompletesTwice_Throws() =>
        Assert.Throws<InvalidOperationException>(() => new FrameWriter(null).Serialize(
            Payload,
            (payload, context) =>
            {
                context.Complete(payload);
                context.Complete(payload);
            }));

    private static void Marshal(byte[] payload, SerializationContext context) => context.Complete(payload);
}
