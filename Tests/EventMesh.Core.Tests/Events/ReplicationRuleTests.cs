using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.TestKit;
using EventMesh.TestKit.Logs;

namespace EventMesh.Core.Tests.Events;

public sealed class ReplicationRuleTests
{
    private static readonly NodeId East = NodeId.Parse("east");

    private static Position Pos(string text) => text == "none"
        ? Position.None
        : Batches.At(long.Parse(text.Split('/')[0], null), long.Parse(text.Split('/')[1], null));

    private static ReplicaBatch Batch(long incarnation, string previous, int count) =>
        Batches.From(East, incarnation, Pos(previous), [.. Enumerable.Range(0, count).Select(i => $"{i}")]);

    [Theory]
    [InlineData("none", 1, "none", 2, ReplicaVerdict.Take, 0, false, false)] // the beginning
    [InlineData("none", 1, "1/3", 2, ReplicaVerdict.Resume, 0, false, false)] // nothing held, the front is missing
    [InlineData("1/5", 1, "1/5", 2, ReplicaVerdict.Take, 0, false, false)] // continues
    [InlineData("1/5", 1, "1/3", 2, ReplicaVerdict.Duplicate, 0, false, false)] // ends where we are
    [InlineData("1/5", 1, "1/3", 4, ReplicaVerdict.Take, 2, false, false)] // overlaps
    [InlineData("1/5", 1, "none", 7, ReplicaVerdict.Take, 6, false, false)] // overlaps from the beginning
    [InlineData("1/5", 1, "1/6", 2, ReplicaVerdict.Resume, 0, false, false)] // leaves a hole of one
    [InlineData("1/5", 2, "1/5", 2, ReplicaVerdict.Take, 0, false, false)] // a new life goes on
    [InlineData("1/5", 2, "1/7", 2, ReplicaVerdict.Resume, 0, false, false)] // a new life, we lack the end of the old one
    [InlineData("1/5", 3, "2/6", 2, ReplicaVerdict.Resume, 0, false, false)] // a life is missing between
    [InlineData("1/5", 2, "1/3", 2, ReplicaVerdict.Take, 0, true, false)] // the origin lost 1/4 and 1/5
    [InlineData("2/6", 3, "1/3", 2, ReplicaVerdict.Take, 0, true, false)] // it lost the whole life 2
    [InlineData("1/5", 2, "none", 2, ReplicaVerdict.Take, 0, true, true)] // it lost everything
    [InlineData("2/6", 1, "1/3", 9, ReplicaVerdict.Duplicate, 0, false, false)] // an older life is below, however high its sequence
    public void Decide_OnABatch(string held, long incarnation, string previous, int count, ReplicaVerdict verdict, int skip, bool rewound, bool lost) =>
        Assert.Equal(new ReplicaDecision(verdict, skip, rewound, lost), ReplicationRule.Decide(Pos(held), Batch(incarnation, previous, count)));

    [Theory]
    [InlineData("none", "none", "1/5", GapReason.BeforeInterest, ReplicaVerdict.Take)]
    [InlineData("1/3", "none", "1/5", GapReason.BeforeInterest, ReplicaVerdict.Resume)]
    [InlineData("1/5", "none", "1/5", GapReason.BeforeInterest, ReplicaVerdict.Duplicate)]
    [InlineData("1/3", "1/3", "1/5", GapReason.Trimmed, ReplicaVerdict.Take)]
    [InlineData("1/4", "1/3", "1/5", GapReason.Trimmed, ReplicaVerdict.Take)]
    [InlineData("1/3", "none", "1/5", GapReason.Trimmed, ReplicaVerdict.Take)]
    [InlineData("1/2", "1/3", "1/5", GapReason.Trimmed, ReplicaVerdict.Resume)]
    [InlineData("1/9", "1/3", "1/5", GapReason.Trimmed, ReplicaVerdict.Duplicate)]
    [InlineData("1/9", "1/3", "2/5", GapReason.Trimmed, ReplicaVerdict.Take)]
    public void Decide_OnAGap(string held, string from, string to, GapReason reason, ReplicaVerdict verdict) =>
        Assert.Equal(verdict, ReplicationRule.Decide(Pos(held), new Gap(East, Pos(from), Pos(to), reason)).Verdict);

    [Fact]
    public void Decide_OnPiecesOfARunInAnyOrderAndRepetition_NeverLeavesAHoleAndNeverDoubles() => SeededRandom.Run(1, 300, random =>
    {
        var run = Run(random);
        var held = Position.None;
        var taken = new List<Position>();

        for (var step = 0; step < 200; step++)
        {
            var piece = Piece(run, random);
            var decision = ReplicationRule.Decide(held, piece);
            if (decision.Verdict == ReplicaVerdict.Take)
            {
                Assert.False(decision.Rewound || decision.Lost, $"The origin lost nothing, yet {held} and {piece} say so.");
                taken.AddRange(Enumerable.Range(decision.Skip, piece.Events.Count - decision.Skip).Select(i => new Position(piece.Incarnation, piece.FirstSequence + i)));
                held = piece.Last;
            }
            else if (decision.Verdict == ReplicaVerdict.Duplicate)
            {
                Assert.True(piece.Last <= held);
            }
        }

        Assert.Equal(run.Take(taken.Count), taken);
    });

    [Fact]
    public void Decide_WhenTheSenderObeysResume_ReachesTheEnd() => SeededRandom.Run(1, 100, random =>
    {
        var run = Run(random);
        var held = Position.None;

        for (var step = 0; held != run[^1]; step++)
        {
            Assert.True(step < 1000, $"Stuck at {held}.");
            var next = run.FindIndex(position => position > held);
            var piece = random.Next(3) == 0 ? Piece(run, random) : Piece(run, next, random);
            held = ReplicationRule.Decide(held, piece).Verdict == ReplicaVerdict.Take ? piece.Last : held;
        }
    });

    [Fact]
    public void Validate_RefusesNumberingThatWouldHideAHole()
    {
        var sound = Batch(2, "1/5", 2);

        sound.Validate();
        foreach (var batch in new[]
        {
            sound with { FirstSequence = 7 }, sound with { FirstSequence = 5 }, sound with { FirstSequence = -1 }, sound with { Origin = default },
            sound with { Incarnation = default }, sound with { Previous = Pos("3/5") }, sound with { Hops = 0 }, sound with { Hops = 17 },
            sound with { Events = sound.Events with { Count = 0 } }, Batches.From(East, 1, Pos($"1/{long.MaxValue - 2}"), "x"),
        })
        {
            Assert.Equal(MeshErrorCode.MalformedFrame, Assert.Throws<EventMeshException>(batch.Validate).Code);
        }
    }

    /// <summary>An origin's run over up to three lives, none of which lost anything.</summary>
    private static List<Position> Run(Random random)
    {
        var run = new List<Position>();
        for (var incarnation = 1; incarnation <= 3; incarnation++)
        {
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                run.Add(Batches.At(incarnation * 10, run.Count));
            }
        }

        return run;
    }

    private static ReplicaBatch Piece(List<Position> run, Random random) => Piece(run, random.Next(run.Count), random);

    private static ReplicaBatch Piece(List<Position> run, int first, Random random)
    {
        var most = run.Skip(first).TakeWhile(position => position.Incarnation == run[first].Incarnation).Count();
        return Batch(run[first].Incarnation.Value, first == 0 ? "none" : run[first - 1].ToString(), random.Next(1, most + 1));
    }
}
