using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage;
using Xunit;

namespace EventMesh.TestKit.Logs;

/// <summary>Taking other nodes' events.</summary>
public abstract partial class EventLogContract
{
    private static async Task<ReplicateResult> ReplicateAsync(EventLogHarness harness, ITopicWriter writer, ReplicaBatch batch) =>
        await FlushedAsync(harness, writer.ReplicateAsync(batch, None));

    private static async Task<ReplicateResult> ReplicateAsync(EventLogHarness harness, ITopicWriter writer, Gap gap) =>
        await FlushedAsync(harness, writer.ReplicateAsync(gap, None));

    [Fact]
    public async Task Replicate_WhenItContinues_KeepsOriginSequenceAndTime()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var batch = Batches.From(East, 7, Position.None, "e0", "e1") with { };
        batch = batch with { Events = batch.Events with { BaseTimeUnixMs = 1234 } };

        var result = await ReplicateAsync(harness, writer, batch);

        Assert.Equal((ReplicaVerdict.Take, Batches.At(7, 1), 2, 0), (result.Verdict, result.Held, result.Stored, result.Duplicates));
        var records = await harness.Log.GetReader(Orders).ReadAllAsync();
        Assert.All(records, record => Assert.Equal((East, 1234L), (record.Origin, record.TimeUnixMs)));
        Assert.Equal([Batches.At(7, 0), Batches.At(7, 1)], records.Select(record => record.Position));
    }

    [Fact]
    public async Task Replicate_WhenAllIsHeld_IsADuplicateAndWaitsForTheFlushOfWhatItDuplicates()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var batch = Batches.From(East, 7, Position.None, "e0", "e1");
        var first = writer.ReplicateAsync(batch, None);

        var again = writer.ReplicateAsync(batch, None).AsTask();

        Assert.False(again.IsCompleted, "A duplicate of what is not flushed was acknowledged.");
        await FlushedAsync(harness, first);
        var result = await again;
        Assert.Equal((ReplicaVerdict.Duplicate, Batches.At(7, 1), 0, 2), (result.Verdict, result.Held, result.Stored, result.Duplicates));
        Assert.Equal("e0 e1", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Replicate_WhenItOverlaps_TakesTheRestOnly()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0", "e1", "e2"));

        var result = await ReplicateAsync(harness, writer, Batches.From(East, 7, Batches.At(7, 0), "e1", "e2", "e3"));

        Assert.Equal((ReplicaVerdict.Take, Batches.At(7, 3), 1, 2), (result.Verdict, result.Held, result.Stored, result.Duplicates));
        Assert.Equal("e0 e1 e2 e3", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Replicate_WhenAnEventIsMissingBetween_StoresNothingAndSaysWhereToResume()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0"));

        var result = await ReplicateAsync(harness, writer, Batches.From(East, 7, Batches.At(7, 1), "e2"));

        Assert.Equal((ReplicaVerdict.Resume, Batches.At(7, 0), 0), (result.Verdict, result.Held, result.Stored));
        Assert.Equal("e0", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Replicate_WhenTheOriginWentOnInANewIncarnation_Continues()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0"));

        var result = await ReplicateAsync(harness, writer, Batches.From(East, 9, Batches.At(7, 0), "e1"));

        Assert.Equal((ReplicaVerdict.Take, Batches.At(9, 1), false), (result.Verdict, result.Held, result.Rewound));
    }

    [Fact]
    public async Task Replicate_WhenTheOriginLostItsEnd_TakesWhatFollowsAndReportsIt()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0", "e1", "e2"));

        var result = await ReplicateAsync(harness, writer, Batches.From(East, 9, Batches.At(7, 0), "n1"));

        Assert.Equal((ReplicaVerdict.Take, Batches.At(9, 1), true), (result.Verdict, result.Held, result.Rewound));
        Assert.Equal("e0 e1 e2 n1", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Replicate_WhenTheOriginBeganFromNothing_RecordsAGapFirst()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0", "e1"));

        var result = await ReplicateAsync(harness, writer, Batches.From(East, 9, Position.None, "n0"));

        Assert.Equal((ReplicaVerdict.Take, Batches.At(9, 0), 2, true), (result.Verdict, result.Held, result.Stored, result.Rewound));
        Assert.Equal("e0 e1 [OriginRewound] n0", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task ReplicateGap_WhenItContinues_IsARecordAndMovesThePosition()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0", "e1"));

        var result = await ReplicateAsync(harness, writer, new Gap(East, Batches.At(7, 0), Batches.At(7, 9), GapReason.Trimmed));
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Batches.At(7, 9), "e10"));

        Assert.Equal((ReplicaVerdict.Take, Batches.At(7, 9), 1), (result.Verdict, result.Held, result.Stored));
        var records = await harness.Log.GetReader(Orders).ReadAllAsync();
        Assert.Equal("e0 e1 [Trimmed] e10", string.Join(' ', records.Select(Batches.TextOf)));
        Assert.Equal(new Gap(East, Batches.At(7, 1), Batches.At(7, 9), GapReason.Trimmed), GapBody.Decode(records[2].Body.Span));
    }

    [Fact]
    public async Task ReplicateGap_WhenEventsAreMissingBeforeIt_IsNotTaken()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);

        var result = await ReplicateAsync(harness, writer, new Gap(East, Batches.At(7, 3), Batches.At(7, 9), GapReason.Trimmed));

        Assert.Equal((ReplicaVerdict.Resume, Position.None), (result.Verdict, result.Held));
    }

    [Fact]
    public async Task ReplicateGap_WhenItIsHeldOrRepeated_IsADuplicate()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var gap = new Gap(East, Position.None, Batches.At(7, 9), GapReason.BeforeInterest);
        await ReplicateAsync(harness, writer, gap);

        var again = await ReplicateAsync(harness, writer, gap);

        Assert.Equal((ReplicaVerdict.Duplicate, 0), (again.Verdict, again.Stored));
        Assert.Equal("[BeforeInterest]", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task ReplicateGap_BeforeInterestWhereEventsAreHeld_DoesNotSkipWhatFollowsThem()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0"));

        var result = await ReplicateAsync(harness, writer, new Gap(East, Position.None, Batches.At(7, 9), GapReason.BeforeInterest));

        Assert.Equal((ReplicaVerdict.Resume, Batches.At(7, 0)), (result.Verdict, result.Held));
    }

    [Fact]
    public async Task Replicate_WhenTheNumberingContradictsItself_IsRefusedAndStoresNothing()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var sound = Batches.From(East, 7, Position.None, "e0");

        await ThrowsAsync(MeshErrorCode.MalformedFrame, () => writer.ReplicateAsync(sound with { FirstSequence = 4 }, None).AsTask());
        await ThrowsAsync(MeshErrorCode.MalformedFrame, () => writer.ReplicateAsync(sound with { Origin = Home }, None).AsTask());
        await ThrowsAsync(
            MeshErrorCode.MalformedFrame,
            () => writer.ReplicateAsync(new Gap(East, Batches.At(7, 2), Batches.At(7, 2), GapReason.Trimmed), None).AsTask());

        Assert.Equal(LogOffset.Zero, writer.NextOffset);
    }

    [Fact]
    public async Task Replicate_FromSeveralOrigins_KeepsEachOnesPosition()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0"));
        await ReplicateAsync(harness, writer, Batches.From(West, 3, Position.None, "w0", "w1"));
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("h0"), Durability.Disk, None));
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Batches.At(7, 0), "e1"));

        var reader = harness.Log.GetReader(Orders);

        Assert.Equal("e0 w0 w1 h0 e1", await reader.ReadTextAsync());
        Assert.Equal(
            new Dictionary<NodeId, Position>
            {
                [East] = Batches.At(7, 1),
                [West] = Batches.At(3, 1),
                [Home] = new(harness.Log.Identity.Incarnation, 0),
            },
            reader.FlushedPositions().ToDictionary());
    }
}
