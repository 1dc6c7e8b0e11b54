using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Simulation.Tests.Nodes;
using EventMesh.Storage;

namespace EventMesh.Simulation.Tests.Checking;

/// <summary>Checks what the logs hold, byte by byte, whatever the links believe.</summary>
internal sealed class LogChecker(SimWorld world, IReadOnlyList<SimNode> nodes)
{
    /// <summary>Whether every node holds what it wants up to each origin's end. Cheap enough to be asked often.</summary>
    public bool IsComplete() => Missing() is null;

    /// <summary>What is missing somewhere; null if nothing is.</summary>
    public string? Missing()
    {
        foreach (var (receiver, origin, topic) in Runs().Where(run => run.Receiver != run.Origin))
        {
            var end = Reader(origin, topic).FlushedPosition(origin.Id);
            var held = Reader(receiver, topic).FlushedPosition(origin.Id);
            if (!end.IsNone && held != end && receiver.Wants.Any(pattern => pattern.Matches(topic)))
            {
                return $"{receiver.Id} holds {topic} of {origin.Id} up to {held}, the origin is at {end}.";
            }
        }

        return null;
    }

    /// <summary>No hole without a gap, nothing twice, each origin's order, and every byte as its origin flushed it.</summary>
    public void Check()
    {
        foreach (var (receiver, origin, topic) in Runs())
        {
            CheckRun(receiver, origin.Id, topic);
        }
    }

    private IEnumerable<(SimNode Receiver, SimNode Origin, TopicName Topic)> Runs() =>
        from receiver in nodes
        from origin in nodes
        from topic in world.Plan.Topics
        select (receiver, origin, topic);

    private static ITopicReader Reader(SimNode node, TopicName topic) => node.Life!.Log.GetReader(topic);

    private void CheckRun(SimNode receiver, NodeId origin, TopicName topic)
    {
        var reader = Reader(receiver, topic);
        var last = reader.PositionBefore(origin, reader.Bounds.Start);
        // Retention may have taken the gap that told of a rewound origin, and left what follows it.
        var isRewound = reader.Bounds.Start > LogOffset.Zero && world.Oracle.HasLostStore(origin);
        for (var next = reader.Bounds.Start; next < reader.Bounds.End;)
        {
            using var batch = reader.Now(next);
            foreach (var record in batch.Records.Where(record => record.Origin == origin))
            {
                if (record.Kind == RecordKind.Gap)
                {
                    var gap = GapBody.Decode(record.Body.Span);
                    isRewound = gap.Reason == GapReason.OriginRewound;
                    Require(!isRewound || world.Oracle.HasLostStore(origin), receiver, topic, record, "tells of a loss that its origin never had");
                    Require(gap.From == last && (gap.To > last || isRewound), receiver, topic, record, $"a gap {gap} after {last}");
                }
                else
                {
                    CheckEvent(receiver, topic, record, last, isRewound);
                    isRewound = false;
                }

                last = record.Position;
            }

            next = batch.Next;
        }
    }

    private void CheckEvent(SimNode receiver, TopicName topic, EventRecord record, Position last, bool isRewound)
    {
        var follows = record.Position > last && (record.Position.Sequence == last.NextSequence || (isRewound && record.Position.Sequence == 0));
        Require(follows, receiver, topic, record, $"does not follow {last}");
        var truth = world.Oracle.Find(record.Origin, topic, record.Position);
        Require(truth is not null, receiver, topic, record, "was never flushed at its origin");
        var isSame = record.Body.Span.SequenceEqual(truth!.Body) && record.TimeUnixMs == truth.TimeUnixMs;
        Require(isSame, receiver, topic, record, "differs from what its origin flushed");
    }

    private static void Require(bool holds, SimNode receiver, TopicName topic, EventRecord record, string what)
    {
        if (!holds)
        {
            throw new SimViolation($"In the log of {receiver.Id}, {topic} {record.Origin} {record.Position} at offset {record.Offset} {what}.");
        }
    }
}
