using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Format;
using EventMesh.TestKit.Logs;

namespace EventMesh.Storage.Tests.Files.Recovery;

/// <summary>Says what a group holds; each topic at most once.</summary>
internal sealed class GroupScript(JournalBuilder journal)
{
    private readonly List<(TopicName Topic, RunDescriptor Run, byte[] Bytes)> _runs = [];
    private byte[] _table = [];

    /// <summary>Events that were published here.</summary>
    public GroupScript Own(string topic, params string[] texts) => Own(topic, default, texts);

    /// <summary>Events of a producer that were published here.</summary>
    public GroupScript Own(string topic, ProducerStamp producer, params string[] texts)
    {
        var head = journal.TrackerOf(TopicName.Parse(topic));
        return Events(topic, default, new Position(journal.Incarnation, head.Own.NextSequence), producer, 0, texts);
    }

    /// <summary>Another node's events; the sequences go on within an incarnation.</summary>
    public GroupScript From(string origin, long incarnation, string topic, params string[] texts)
    {
        var held = journal.TrackerOf(TopicName.Parse(topic)).PositionOf(NodeId.Parse(origin));
        var next = held.Incarnation.Value == incarnation ? held.NextSequence : 0;
        return Events(topic, NodeId.Parse(origin), Batches.At(incarnation, next), default, 1, texts);
    }

    /// <summary>A gap in another node's events.</summary>
    public GroupScript Gap(string origin, long incarnation, long upTo, string topic, GapReason reason = GapReason.BeforeInterest)
    {
        var name = TopicName.Parse(topic);
        var node = NodeId.Parse(origin);
        var head = journal.TrackerOf(name);
        var gap = new Gap(node, head.PositionOf(node), Batches.At(incarnation, upTo), reason);
        journal.Expected.Topic(name).Records[head.Next] = StoreContents.Describe(gap);
        return Add(name, new RunDescriptor
        {
            Kind = RunKind.Gap,
            FirstOffset = head.Next,
            Count = 1,
            AppendTimeUnixMs = journal.Now,
            Origin = node,
            First = gap.To,
            BaseTimeUnixMs = journal.Now,
        }, GapBody.Encode(gap));
    }

    public GroupScript Trim(string topic, long start) => Change(RunKind.Trim, topic, start);

    public GroupScript Delete(string topic) => Change(RunKind.Delete, topic, journal.TrackerOf(TopicName.Parse(topic)).Next);

    /// <summary>The topic's head, carried forward.</summary>
    public GroupScript Head(string topic)
    {
        var name = TopicName.Parse(topic);
        var head = journal.TrackerOf(name);
        var writer = new FieldWriter();
        TopicHeadCodec.Write(writer, head.Build());
        return Add(
            name, new RunDescriptor { Kind = RunKind.Head, FirstOffset = head.Next, Count = 0, AppendTimeUnixMs = journal.Now }, writer.Written.ToArray());
    }

    /// <summary>Offsets that an earlier recovery gave up.</summary>
    public GroupScript Lost(string topic, int count)
    {
        var name = TopicName.Parse(topic);
        var next = journal.TrackerOf(name).Next;
        journal.Expected.Topic(name).Lose(next, next + count);
        return Add(name, new RunDescriptor { Kind = RunKind.Lost, FirstOffset = next, Count = count, AppendTimeUnixMs = journal.Now, BaseTimeUnixMs = journal.Now }, []);
    }

    public byte[] Encode(long number, SegmentHeader segment)
    {
        var table = new byte[_runs.Count * RunTable.MaxEntryBytes];
        var length = 0;
        foreach (var (topic, run, _) in _runs)
        {
            length += RunTable.WriteEntry(table.AsSpan(length), topic, run);
        }

        _table = table[..length];
        var header = new GroupHeader(
            number, number - 1, segment.Number, segment.Generation, _runs.Count, length, _runs.Sum(static run => run.Bytes.Length), Crc32C.Compute(_table));
        var bytes = new byte[header.TotalBytes];
        header.Write(bytes, segment.Salt);
        _table.CopyTo(bytes, GroupHeader.Bytes);
        var at = GroupHeader.Bytes + length;
        foreach (var (_, _, records) in _runs)
        {
            records.CopyTo(bytes, at);
            at += records.Length;
        }

        return bytes;
    }

    public IReadOnlyList<(TopicName Topic, RunDescriptor Run)> Place(long position)
    {
        var at = position + GroupHeader.Bytes + _table.Length;
        var placed = new List<(TopicName, RunDescriptor)>();
        foreach (var (topic, run, bytes) in _runs)
        {
            placed.Add((topic, run with { Position = at }));
            at += bytes.Length;
        }

        return placed;
    }

    private GroupScript Events(string topic, NodeId origin, Position first, ProducerStamp producer, byte hops, string[] texts)
    {
        var name = TopicName.Parse(topic);
        var head = journal.TrackerOf(name);
        var batch = Batches.Of(texts);
        for (var i = 0; i < texts.Length; i++)
        {
            journal.Expected.Topic(name).Records[head.Next + i] =
                StoreContents.Describe(origin.IsEmpty ? JournalBuilder.Node : origin, new Position(first.Incarnation, first.Sequence + i), texts[i]);
        }

        return Add(name, new RunDescriptor
        {
            Kind = RunKind.Events,
            FirstOffset = head.Next,
            Count = texts.Length,
            AppendTimeUnixMs = journal.Now,
            Origin = origin,
            Hops = hops,
            First = first,
            BaseTimeUnixMs = journal.Now,
            Producer = producer,
        }, batch.Bytes.ToArray());
    }

    private GroupScript Change(RunKind kind, string topic, long start) => Add(
        TopicName.Parse(topic), new RunDescriptor { Kind = kind, FirstOffset = start, Count = 0, AppendTimeUnixMs = journal.Now }, []);

    private GroupScript Add(TopicName topic, RunDescriptor run, byte[] bytes)
    {
        _runs.Add((topic, run with { Length = bytes.Length, Crc = Crc32C.Compute(bytes) }, bytes));
        return this;
    }
}
