using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using Xunit;

namespace EventMesh.TestKit.Logs;

/// <summary>Terms, retention and bounds.</summary>
public abstract partial class EventLogContract
{
    private static async Task AppendManyAsync(EventLogHarness harness, ITopicWriter writer, int count, int bytes = 100)
    {
        for (var i = 0; i < count; i++)
        {
            await FlushedAsync(harness, writer.AppendAsync(Batches.OfSize(bytes), Durability.Disk, None));
        }
    }

    [Fact]
    public async Task OpenWriter_FencesTheOlderOneButKeepsWhatThatHandedOver()
    {
        await using var harness = Create();
        var older = await harness.Log.OpenWriterAsync(Orders, None);
        var queued = older.AppendAsync(Batches.Of("old0", "old1"), Durability.Disk, None);

        var newer = await harness.Log.OpenWriterAsync(Orders, None);

        Assert.True(newer.Term.Value > older.Term.Value);
        Assert.Equal((2, 1), (newer.NextOffset.Value, newer.HeldPosition(Home).Sequence));
        await ThrowsAsync(MeshErrorCode.LogFenced, () => older.AppendAsync(Batches.Of("late"), Durability.Disk, None).AsTask());
        await ThrowsAsync(MeshErrorCode.LogFenced, () => older.ReplicateAsync(Batches.From(East, 7, Position.None, "late"), None).AsTask());
        var next = newer.AppendAsync(Batches.Of("new"), Durability.Disk, None);
        Assert.Equal(2, (await FlushedAsync(harness, queued)).Count);
        Assert.Equal(2, (await next).FirstOffset.Value);
        Assert.Equal("old0 old1 new", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task OpenWriter_AfterAPowerFailure_HasAGreaterTermAndTheOldWriterStaysOut()
    {
        await using var harness = Create();
        var older = await harness.Log.OpenWriterAsync(Orders, None);

        await harness.PowerFailAsync();

        var newer = await harness.Log.OpenWriterAsync(Orders, None);
        Assert.True(newer.Term.Value > older.Term.Value);
        await ThrowsAsync(MeshErrorCode.LogClosed, () => older.AppendAsync(Batches.Of("late"), Durability.Disk, None).AsTask());
    }

    [Fact]
    public async Task DisposedWriter_IsClosedAndLeavesTheTopicToTheNext()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);

        await writer.DisposeAsync();

        await ThrowsAsync(MeshErrorCode.LogClosed, () => writer.AppendAsync(Batches.Of("a"), Durability.Disk, None).AsTask());
        var next = await harness.Log.OpenWriterAsync(Orders, None);
        Assert.Equal(1, (await FlushedAsync(harness, next.AppendAsync(Batches.Of("b"), Durability.Disk, None))).Count);
    }

    [Fact]
    public async Task Retention_WhenATopicIsFull_DropsTheOldestAndSaysSoToReaders()
    {
        await using var harness = Create(new EventLogLimits(MaxTopicBytes: 8192, MaxTotalBytes: 1 << 20, SegmentBytes: 1024));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var reader = harness.Log.GetReader(Orders);

        await AppendManyAsync(harness, writer, 500);

        var (start, end) = reader.Bounds;
        Assert.Equal(500, end.Value);
        Assert.InRange(end.Value - start.Value, 10, 81);
        using var batch = await reader.ReadAsync(new LogOffset(3), 10_000, 5, None);
        var gap = batch.Records[0];
        Assert.Equal((RecordKind.Gap, 3L, start.Value, true), (gap.Kind, gap.Offset.Value, gap.Next.Value, gap.Origin.IsEmpty));
        Assert.Equal(GapReason.Trimmed, GapBody.Decode(gap.Body.Span).Reason);
        Assert.Equal(start.Value, batch.Records[1].Offset.Value);
        Assert.Equal((5, start.Value + 4), (batch.Records.Count, batch.Next.Value));
    }

    [Fact]
    public async Task Retention_KeepsPositionsAndNumberingOfWhatIsGone()
    {
        await using var harness = Create(new EventLogLimits(MaxTopicBytes: 4096, MaxTotalBytes: 1 << 20, SegmentBytes: 1024));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0", "e1"));

        await AppendManyAsync(harness, writer, 200);

        var reader = harness.Log.GetReader(Orders);
        Assert.Equal(Batches.At(7, 1), reader.FlushedPosition(East));
        Assert.Equal(Batches.At(7, 1), reader.PositionBefore(East, reader.Bounds.Start));
        Assert.Equal(Batches.At(7, 1), writer.HeldPosition(East));
        Assert.Equal(reader.Bounds.End, reader.OffsetAfter(East, Batches.At(7, 1)));
        var own = reader.PositionBefore(Home, reader.Bounds.Start);
        Assert.Equal(reader.Bounds.Start.Value - 3, own.Sequence);
        Assert.Equal(reader.Bounds.Start, reader.OffsetAfter(Home, Position.None));
        Assert.Equal(reader.Bounds.Start, reader.OffsetAfter(Home, own));
        Assert.Equal(reader.Bounds.Start, reader.OffsetAtTime(0));
    }

    [Fact]
    public async Task Retention_WhenTheStoreIsFull_DropsTheOldestOfAllTopicsAndNeverTheirNumbering()
    {
        await using var harness = Create(new EventLogLimits(MaxTopicBytes: 65_536, MaxTotalBytes: 65_536, SegmentBytes: 1024));
        var early = await harness.Log.OpenWriterAsync(TopicName.Parse("early"), None);
        await AppendManyAsync(harness, early, 20);
        var late = await harness.Log.OpenWriterAsync(TopicName.Parse("late"), None);

        await AppendManyAsync(harness, late, 900);

        var bounds = harness.Log.GetReader(early.Topic).Bounds;
        Assert.Equal((20, 20), (bounds.Start.Value, bounds.End.Value));
        Assert.InRange(harness.Log.ListTopics(default, 10).Sum(summary => summary.Bytes), 20_000, 65_536);
        var next = await FlushedAsync(harness, early.AppendAsync(Batches.Of("again"), Durability.Disk, None));
        Assert.Equal((20, 20), (next.FirstOffset.Value, next.First.Sequence));
        Assert.Equal("[Trimmed] again", await harness.Log.GetReader(early.Topic).ReadTextAsync());
    }

    [Fact]
    public async Task Retention_NeverTakesTheNodesState_ButItsWriterMay()
    {
        await using var harness = Create(new EventLogLimits(MaxTopicBytes: 4096, MaxTotalBytes: 16_384, SegmentBytes: 1024));
        var state = await harness.Log.OpenWriterAsync(TopicName.Parse("$state.peers"), None);
        await AppendManyAsync(harness, state, 100);
        var orders = await harness.Log.OpenWriterAsync(Orders, None);

        await AppendManyAsync(harness, orders, 300);

        var reader = harness.Log.GetReader(state.Topic);
        Assert.Equal((0, 100), (reader.Bounds.Start.Value, reader.Bounds.End.Value));
        Assert.True(harness.Log.GetReader(Orders).Bounds.Start.Value > 0);
        var trimmed = state.TrimAsync(new LogOffset(90), None);
        await harness.FlushAsync();
        await trimmed;
        Assert.Equal((90, 100), (reader.Bounds.Start.Value, reader.Bounds.End.Value));
    }

    [Fact]
    public async Task Retention_NeverTakesWhatIsNotFlushed()
    {
        await using var harness = Create(new EventLogLimits(MaxTopicBytes: 4096, MaxTotalBytes: 8192, SegmentBytes: 1024));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);

        var pending = Enumerable.Range(0, 200).Select(_ => writer.AppendAsync(Batches.OfSize(100), Durability.Disk, None).AsTask()).ToList();
        await harness.FlushAsync();
        await Task.WhenAll(pending);

        Assert.Equal((0, 200), (harness.Log.GetReader(Orders).Bounds.Start.Value, harness.Log.GetReader(Orders).Bounds.End.Value));
    }

    [Fact]
    public async Task Read_WhileRetentionOvertakesIt_LeavesOutNothingWithoutSayingSo()
    {
        await using var harness = Create(new EventLogLimits(MaxTopicBytes: 4096, MaxTotalBytes: 1 << 20, SegmentBytes: 1024));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var reader = harness.Log.GetReader(Orders);
        const int Events = 3000;
        var writing = Task.Run(() => AppendManyAsync(harness, writer, Events, bytes: 50));
        var expected = LogOffset.Zero;

        while (expected.Value < Events)
        {
            using var batch = await reader.ReadAsync(expected, 2048, 16, None);
            foreach (var record in batch.Records)
            {
                Assert.Equal(expected, record.Offset);
                Assert.True(record.Kind == RecordKind.Gap || record.Position.Sequence == record.Offset.Value);
                expected = record.Next;
            }

            Assert.Equal(expected, batch.Next);
            Assert.False(batch.Records.Count == 0 && writing.IsFaulted, "Writing failed.");
            await Task.Yield();
        }

        await writing;
    }

    [Fact]
    public async Task Append_WhenTooMuchWaitsForTheFlush_IsBusyUntilItIsDone()
    {
        await using var harness = Create(new EventLogLimits(MaxPendingBytes: 10_000));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var pending = writer.AppendAsync(Batches.OfSize(9_000), Durability.Disk, None);

        var busy = await ThrowsAsync(MeshErrorCode.Busy, () => writer.AppendAsync(Batches.OfSize(2_000), Durability.Disk, None).AsTask());

        Assert.True(busy.RetryAfter > TimeSpan.Zero);
        Assert.Equal(1, writer.NextOffset.Value);
        await FlushedAsync(harness, pending);
        Assert.Equal(1, (await FlushedAsync(harness, writer.AppendAsync(Batches.OfSize(2_000), Durability.Disk, None))).FirstOffset.Value);
    }

    [Fact]
    public async Task OpenWriter_BeyondTheLimitOfTopics_IsRefused()
    {
        await using var harness = Create(new EventLogLimits(MaxTopics: 2));
        await harness.Log.OpenWriterAsync(TopicName.Parse("a"), None);
        await harness.Log.OpenWriterAsync(TopicName.Parse("b"), None);

        await ThrowsAsync(MeshErrorCode.LogFull, () => harness.Log.OpenWriterAsync(TopicName.Parse("c"), None).AsTask());

        Assert.NotNull(await harness.Log.OpenWriterAsync(TopicName.Parse("b"), None));
    }
}
