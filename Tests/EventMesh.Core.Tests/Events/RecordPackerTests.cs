using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;

namespace EventMesh.Core.Tests.Events;

public sealed class RecordPackerTests
{
    private static readonly NodeId West = NodeId.Parse("west");

    [Fact]
    public void Unpack_WhenPacked_ReturnsTheSameRecords()
    {
        EventRecord[] records =
        [
            Record(RecordKind.Event, 7, West, new Position(new Incarnation(1_700_000_000_000), 41), 1_700_000_000_123, [0, 1, 2]),
            Record(RecordKind.Event, 8, NodeId.Parse("east"), new Position(new Incarnation(9), 0), 5, []),
            Record(RecordKind.Gap, 12, default, Position.None, 0, [9]) with { Next = new LogOffset(20) },
            Record(RecordKind.Event, 20, West, new Position(new Incarnation(1_700_000_000_001), 42), 1_700_000_000_124, [3]),
        ];

        var unpacked = RecordPacker.Unpack(RecordPacker.Pack(records));

        Assert.Equal(records.Length, unpacked.Length);
        foreach (var (expected, actual) in records.Zip(unpacked))
        {
            Assert.Equal(expected with { Body = default }, actual with { Body = default });
            Assert.Equal(expected.Body.ToArray(), actual.Body.ToArray());
        }
    }

    [Fact]
    public void Unpack_WhenAnyByteIsCutOff_Refuses()
    {
        var packed = RecordPacker.Pack([Record(RecordKind.Event, 1, West, new Position(new Incarnation(3), 4), 5, [0, 6])]);

        for (var length = 0; length < packed.Entries.Length; length++)
        {
            var cut = packed with { Entries = packed.Entries[..length] };
            Assert.Equal(MeshErrorCode.MalformedEvent, Assert.Throws<EventMeshException>(() => RecordPacker.Unpack(cut)).Code);
        }
    }

    [Fact]
    public void Unpack_WhenBytesFollowOrOriginIsUnknown_Refuses()
    {
        var packed = RecordPacker.Pack([Record(RecordKind.Event, 1, West, new Position(new Incarnation(3), 4), 5, [0, 6])]);

        var longer = packed with { Entries = (byte[])[.. packed.Entries.Span, 1] };
        var nameless = packed with { Origins = [] };

        Assert.Equal(MeshErrorCode.MalformedEvent, Assert.Throws<EventMeshException>(() => RecordPacker.Unpack(longer)).Code);
        Assert.Equal(MeshErrorCode.MalformedEvent, Assert.Throws<EventMeshException>(() => RecordPacker.Unpack(nameless)).Code);
    }

    private static EventRecord Record(RecordKind kind, long offset, NodeId origin, Position position, long time, byte[] body) => new()
    {
        Kind = kind,
        Offset = new LogOffset(offset),
        Origin = origin,
        Position = position,
        TimeUnixMs = time,
        Body = body,
    };
}
