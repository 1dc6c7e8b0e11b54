using EventMesh.Core.Identity;
using EventMesh.PeerLink.Frames;
using EventMesh.PeerLink.Grpc;
using EventMesh.Protocol.PeerLink.V1;
using Google.Protobuf;

namespace EventMesh.PeerLink.Tests.Transport;

/// <summary>Bytes as a reference node puts them on the wire, written down by hand from the description of its protocol.</summary>
public sealed class ReferenceBytesTests
{
    [Fact]
    public void Handshake_OfAReferenceNode_IsRead()
    {
        // handshake(1){ node_id(1)="go-1", protocol_version(2)=100 }
        var frame = Decode("0A 08 0A 04 67 6F 2D 31 10 64");

        var handshake = Assert.IsType<HandshakeFrame>(frame);
        Assert.Equal((NodeId.Parse("go-1"), 100U, 0L, 0L), (handshake.Node, handshake.ProtocolVersion, handshake.Incarnation.Value, handshake.CreditBytes));
        Assert.Empty(handshake.Features);
    }

    [Fact]
    public void Event_OfAReferenceNode_IsRead()
    {
        // event(2){ topic(1)="a.b", offset(2)=3, payload(3)="{}", headers(4){ key(1)="k", value(2)="v" } }
        var frame = Decode("12 13 0A 03 61 2E 62 10 03 1A 02 7B 7D 22 06 0A 01 6B 12 01 76");

        var single = Assert.IsType<EventFrame>(frame);
        Assert.Equal(("a.b", 3L), (single.Topic, single.Offset));
        Assert.Equal("{}"u8.ToArray(), single.Payload.ToArray());
        Assert.Equal([new("k", "v")], single.Headers);
    }

    [Fact]
    public void Ack_OfTheReferenceSchema_IsRead() => Assert.Equal(new OffsetAckFrame("a", 9), Decode("1A 05 0A 01 61 10 09"));

    [Fact]
    public void Heartbeat_OfAReferenceNode_IsRead() => Assert.Equal(new HeartbeatFrame(300, 0, 0), Decode("22 03 08 AC 02"));

    [Fact]
    public void InterestUpdate_OfAReferenceNode_IsRead() =>
        // control_plane(5){ interest_update(1){ node_id(1)="g", action(2)="subscribe", topic(3)="a.*" } }
        Assert.Equal(
            new InterestUpdateFrame("g", IsSubscribe: true, "a.*", 0),
            Decode("2A 15 0A 13 0A 01 67 12 09 73 75 62 73 63 72 69 62 65 1A 03 61 2E 2A"));

    [Fact]
    public void InterestSnapshot_OfAReferenceNode_IsRead()
    {
        // control_plane(5){ interest_snapshot(2){ node_id(1)="g", topics(2)=["a", ""] } }
        var snapshot = Assert.IsType<InterestSnapshotFrame>(Decode("2A 0A 12 08 0A 01 67 12 01 61 12 00"));

        Assert.Equal("g", snapshot.Node);
        Assert.Equal(["a", ""], snapshot.Patterns);
    }

    [Fact]
    public void EmptyMessage_IsIgnored() => Assert.IsType<UnknownFrame>(Decode(""));

    [Theory]
    [InlineData("0A 08 0A 04 67 6F 2D 31 10 64")]
    [InlineData("12 13 0A 03 61 2E 62 10 03 1A 02 7B 7D 22 06 0A 01 6B 12 01 76")]
    [InlineData("22 03 08 AC 02")]
    [InlineData("2A 15 0A 13 0A 01 67 12 09 73 75 62 73 63 72 69 62 65 1A 03 61 2E 2A")]
    [InlineData("2A 08 12 06 0A 01 67 12 01 61")]
    public void Encode_WhenOurFieldsAreAtTheirDefaults_WritesExactlyTheReferencesBytes(string bytes) =>
        Assert.Equal(Bytes(bytes), FrameEncoder.Encode(Decode(bytes)).ToByteArray());

    private static LinkFrame Decode(string hex) => FrameDecoder.Decode(PeerMessage.Parser.ParseFrom(Bytes(hex)));

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", ""));
}
