using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.Storage.Producers;
using FsCheck;
using FsCheck.Fluent;

namespace EventMesh.Storage.Tests.Files.Format;

/// <summary>Makes what the formats encode.</summary>
internal static class FormatGen
{
    private const long Max = long.MaxValue / 2;

    /// <summary>Numbers of every length of a varint.</summary>
    public static Gen<long> Number { get; } =
        from bits in Gen.Choose(0, 61)
        from low in Gen.Choose(0, int.MaxValue)
        select Math.Min(Max, (1L << bits) + (low % (1L << Math.Min(bits, 31))) - 1);

    public static Gen<TopicName> Topic { get; } =
        from first in Gen.Elements("orders", "$state", "A-b_9", new string('x', 200))
        from second in Gen.Choose(0, 50)
        select TopicName.Parse($"{first}.t{second}");

    private static Gen<NodeId> Node { get; } = Gen.Elements("a", "node-2", "Node.3_x", new string('n', 64)).Select(NodeId.Parse);

    private static Gen<Position> Somewhere { get; } =
        from incarnation in Number
        from sequence in Number
        select new Position(new Incarnation(Math.Max(1, incarnation)), Math.Min(sequence, Max - 1));

    private static Gen<ProducerStamp> Stamp { get; } =
        from id in Gen.Elements("", "p", new string('p', 64))
        from sequence in Number
        select id.Length == 0 ? default : new ProducerStamp(ProducerId.Parse(id), sequence);

    /// <summary>A run of any kind, at offset 0 or beyond, without its place.</summary>
    public static Gen<RunDescriptor> Run { get; } =
        from kind in Gen.Elements(Enum.GetValues<RunKind>())
        from first in Number
        from count in Gen.Choose(1, 5000)
        from time in Number
        from crc in Number
        from origin in Gen.OneOf(Gen.Constant(default(NodeId)), Node)
        from position in Somewhere
        from delta in Gen.Choose(-100_000, 100_000)
        from stamp in Stamp
        select Fit(kind, first, count, time, (uint)crc, origin, position, delta, stamp);

    public static Gen<TopicHead> Head { get; } =
        from start in Number
        from next in Number
        from times in Number.ArrayOf(4)
        from positions in Positions
        from producers in Producer.ListOf()
        select new TopicHead(Math.Min(start, next), next, times[0], times[1], times[2], times[3], positions, [.. producers]);

    private static Gen<KeyValuePair<NodeId, Position>[]> Positions { get; } =
        (from node in Node
         from position in Gen.OneOf(Gen.Constant(Position.None), Somewhere)
         select new KeyValuePair<NodeId, Position>(node, position)).ArrayOf();

    private static Gen<ProducerHead> Producer { get; } =
        from id in Gen.Elements("p", "q.r", new string('z', 64))
        from seen in Number
        from recent in (from first in Number
                        from count in Gen.Choose(0, int.MaxValue)
                        from offset in Number
                        from position in Somewhere
                        select new ProducerBatch(first, count, offset, position)).NonEmptyListOf()
        select new ProducerHead(ProducerId.Parse(id), seen, [.. recent.Take(ProducerTable.RecentBatches)]);

    /// <summary>A topic's part of a segment: runs one behind the other, in offsets and in bytes, with holes in both.</summary>
    public static Gen<SliceContent> Content { get; } =
        from head in Head
        from before in Positions
        from runs in Run.ListOf()
        from holes in Gen.Choose(0, 3).ArrayOf(64)
        select Lay(head, before, runs, holes);

    private static RunDescriptor Fit(
        RunKind kind, long first, int count, long time, uint crc, NodeId origin, Position position, int delta, ProducerStamp stamp)
    {
        var run = new RunDescriptor { Kind = kind, FirstOffset = first, Count = 0, AppendTimeUnixMs = time };
        return kind switch
        {
            RunKind.Events => run with
            {
                Count = count,
                Length = count * 5,
                Crc = crc,
                Origin = origin,
                Hops = (byte)(count % 7),
                First = position,
                BaseTimeUnixMs = time + delta,
                Producer = stamp,
            },
            RunKind.Gap => run with { Count = 1, Length = count, Crc = crc, Origin = origin, First = position, BaseTimeUnixMs = time },
            RunKind.Lost => run with { Count = count, Origin = origin, First = origin.IsEmpty ? Position.None : position, BaseTimeUnixMs = time },
            RunKind.Head => run with { Length = count, Crc = crc },
            _ => run,
        };
    }

    private static SliceContent Lay(TopicHead head, KeyValuePair<NodeId, Position>[] before, IEnumerable<RunDescriptor> runs, int[] holes)
    {
        var laid = new List<RunDescriptor>();
        var offset = 0L;
        long position = SegmentHeader.PageBytes;
        foreach (var run in runs.Where(static run => run.Count > 0).Take(holes.Length))
        {
            offset += holes[laid.Count];
            position += holes[^(laid.Count + 1)] * 100;
            laid.Add(run with { FirstOffset = offset, Position = position });
            offset += run.Count;
            position += run.Length;
        }

        return new SliceContent(head with { Next = Math.Max(head.Next, offset) }, [.. laid], before);
    }
}
