using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.PeerLink.Frames;

namespace EventMesh.PeerLink.Tests.Transport;

/// <summary>One frame of every kind, with every field set to something that is not its default.</summary>
internal static class SampleFrames
{
    public static readonly TopicName Topic = TopicName.Parse("orders.eu.created");
    public static readonly NodeId West = NodeId.Parse("west");

    public static IEnumerable<LinkFrame> All =>
    [
        new HandshakeFrame(West, 100, ["log-replication-1", "other"], new Incarnation(1_700_000_000_001), 1_700_000_000_002, 1_048_576),
        new EventFrame("orders.eu", 7, "payload"u8.ToArray(), [new("trace", "abc")]),
        new OffsetAckFrame("orders.eu", 8),
        new HeartbeatFrame(1_700_000_000_003, 1_700_000_000_004, 5),
        new InterestSnapshotFrame("west", ["orders.*", ">"], 3),
        new InterestUpdateFrame("west", IsSubscribe: true, "orders.>", 4),
        Batch(3, previous: At(5, 40), first: 41),
        new GapFrame(Topic, new Gap(West, At(5, 3), At(6, 9), GapReason.Refused, MeshErrorCode.EventTooLarge), 2),
        new OfferFrame([new TopicOffer(Topic, West, At(5, 11))]),
        new ResumeFrame(Topic, West, 12, At(5, 10), ResumeStart.Time, 1_700_000_000_005),
        new AcksFrame([new PositionAck(Topic, West, At(5, 12))], 4096),
        new PauseFrame(Topic, West, 13, MeshErrorCode.LogFull, TimeSpan.FromMilliseconds(1500)),
        new InterestAppliedFrame(14),
        new GoodbyeFrame(MeshErrorCode.VersionMismatch, "speak 100", TimeSpan.FromSeconds(9)),
        new BundleFrame([new HeartbeatFrame(1_700_000_000_007, 1_700_000_000_008, 9), Batch(2, previous: At(5, 40), first: 41)]),
    ];

    public static Position At(long incarnation, long sequence) => new(new Incarnation(incarnation), sequence);

    public static BatchFrame Batch(int count, Position previous, long first, int payloadBytes = 16)
    {
        var builder = new EventBatchBuilder { BaseTimeUnixMs = 1_700_000_000_006 };
        for (var i = 0; i < count; i++)
        {
            builder.Add(new byte[payloadBytes], [new("n", $"{i}")]);
        }

        return new BatchFrame(Topic, new ReplicaBatch(West, new Incarnation(5), previous, first, 2, builder.BuildCopy()), 6);
    }
}
