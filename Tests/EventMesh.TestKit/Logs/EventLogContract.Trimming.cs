using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Storage;
using Xunit;

namespace EventMesh.TestKit.Logs;

/// <summary>Trim and delete: records go, numbering stays.</summary>
public abstract partial class EventLogContract
{
    private static readonly string[] TenLetters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

    private static async Task<(ITopicWriter Writer, ITopicReader Reader)> FillWithTenAsync(EventLogHarness harness)
    {
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        foreach (var pair in TenLetters.Chunk(2))
        {
            await FlushedAsync(harness, writer.AppendAsync(Batches.Of(pair), Durability.Disk, None));
            harness.Time.Advance(TimeSpan.FromSeconds(1));
        }

        return (writer, harness.Log.GetReader(Orders));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Trim_TakesWhatLiesBelowAndReadersGetAGap(long start)
    {
        await using var harness = Create();
        var (writer, reader) = await FillWithTenAsync(harness);

        await FlushedAsync(harness, writer.TrimAsync(new LogOffset(start), None));

        Assert.Equal((start, 10L), (reader.Bounds.Start.Value, reader.Bounds.End.Value));
        Assert.Equal("[Trimmed] " + string.Join(' ', TenLetters[(int)start..]), await reader.ReadTextAsync());
        Assert.Equal(string.Join(' ', TenLetters[7..]), await reader.ReadTextAsync(from: 7));
        using var batch = await reader.ReadAsync(new LogOffset(1), 1000, 1, None);
        Assert.Equal((1L, start), (Assert.Single(batch.Records).Offset.Value, batch.Next.Value));
        Assert.Equal(harness.Time.GetUtcNow().ToUnixTimeMilliseconds(), batch.Records[0].TimeUnixMs);
    }

    [Fact]
    public async Task Trim_InTheMiddle_LetsSearchesBeginAtTheStart()
    {
        await using var harness = Create();
        var (writer, reader) = await FillWithTenAsync(harness);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0", "e1"));

        await FlushedAsync(harness, writer.TrimAsync(new LogOffset(5), None));

        var start = new LogOffset(5);
        Assert.Equal((start, start), (reader.OffsetAfter(Home, Position.None), reader.OffsetAtTime(0)));
        Assert.Equal(10, reader.OffsetAfter(East, Position.None).Value);
        Assert.Equal(4, reader.PositionBefore(Home, start).Sequence);
        Assert.Equal(Position.None, reader.PositionBefore(East, start));
        Assert.Equal(start, reader.OffsetAfter(Home, reader.PositionBefore(Home, start)));
        await FlushedAsync(harness, writer.TrimAsync(new LogOffset(11), None));
        Assert.Equal((12, 11), (reader.OffsetAfter(Home, Position.None).Value, reader.OffsetAfter(East, Position.None).Value));
        Assert.Equal((9, 0), (reader.PositionBefore(Home, new LogOffset(11)).Sequence, reader.PositionBefore(East, new LogOffset(11)).Sequence));
    }

    [Fact]
    public async Task Trim_BelowTheStartOrTwice_ChangesNothing()
    {
        await using var harness = Create();
        var (writer, reader) = await FillWithTenAsync(harness);
        await FlushedAsync(harness, writer.TrimAsync(new LogOffset(6), None));

        await FlushedAsync(harness, writer.TrimAsync(new LogOffset(6), None));
        await FlushedAsync(harness, writer.TrimAsync(new LogOffset(2), None));

        Assert.Equal((6, 10), (reader.Bounds.Start.Value, reader.Bounds.End.Value));
        var records = await reader.ReadAllAsync(from: 6);
        Assert.InRange(Assert.Single(harness.Log.ListTopics(default, 10)).Bytes, records.Sum(record => record.Body.Length), long.MaxValue);
    }

    [Fact]
    public async Task Trim_OfMoreThanThereIs_LeavesNothingButTheNumbering()
    {
        await using var harness = Create();
        var (writer, reader) = await FillWithTenAsync(harness);

        await FlushedAsync(harness, writer.TrimAsync(new LogOffset(1000), None));

        Assert.Equal((10, 10), (reader.Bounds.Start.Value, reader.Bounds.End.Value));
        Assert.Equal("[Trimmed]", await reader.ReadTextAsync());
        Assert.Equal((10, 9), (writer.NextOffset.Value, reader.FlushedPosition(Home).Sequence));
        var listed = Assert.Single(harness.Log.ListTopics(default, 10));
        Assert.Equal((0, 9), (listed.Bytes, listed.OwnPosition.Sequence));
        var next = await FlushedAsync(harness, writer.AppendAsync(Batches.Of("k"), Durability.Disk, None));
        Assert.Equal((10, 10), (next.FirstOffset.Value, next.First.Sequence));
        Assert.Equal("[Trimmed] k", await reader.ReadTextAsync());
    }

    [Fact]
    public async Task Trim_OfWhatIsNotFlushed_HappensWithTheFlush()
    {
        await using var harness = Create();
        var (writer, reader) = await FillWithTenAsync(harness);
        var pending = writer.AppendAsync(Batches.Of("k", "l"), Durability.Disk, None).AsTask();

        var trim = writer.TrimAsync(writer.NextOffset, None).AsTask();
        var later = writer.AppendAsync(Batches.Of("m"), Durability.Disk, None).AsTask();

        Assert.False(trim.IsCompleted);
        await harness.FlushAsync();
        await trim;
        Assert.Equal((10, 12), ((await pending).FirstOffset.Value, (await later).FirstOffset.Value));
        Assert.Equal((12, 13), (reader.Bounds.Start.Value, reader.Bounds.End.Value));
        Assert.Equal("[Trimmed] m", await reader.ReadTextAsync());
    }

    [Fact]
    public async Task Trim_ByAnOlderOrClosedWriter_IsRefused()
    {
        await using var harness = Create();
        var (older, reader) = await FillWithTenAsync(harness);
        var newer = await harness.Log.OpenWriterAsync(Orders, None);

        await ThrowsAsync(MeshErrorCode.LogFenced, () => older.TrimAsync(new LogOffset(5), None).AsTask());
        await ThrowsAsync(MeshErrorCode.LogFenced, () => older.DeleteAsync(None).AsTask());
        await newer.DisposeAsync();
        await ThrowsAsync(MeshErrorCode.LogClosed, () => newer.TrimAsync(new LogOffset(5), None).AsTask());

        Assert.Equal(0, reader.Bounds.Start.Value);
    }

    [Fact]
    public async Task Trim_ToNothingAndAPowerFailure_LeaveOffsetsPositionsAndProducers()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var receipt = await FlushedAsync(harness, SendAsync(writer, From("ann", 0), "a0", "a1"));
        var replica = Batches.From(East, 7, Position.None, "e0", "e1");
        await ReplicateAsync(harness, writer, replica);

        await FlushedAsync(harness, writer.TrimAsync(writer.NextOffset, None));
        await harness.PowerFailAsync();

        var reopened = await harness.Log.OpenWriterAsync(Orders, None);
        var reader = harness.Log.GetReader(Orders);
        Assert.Equal((4, 4, 4), (reopened.NextOffset.Value, reader.Bounds.Start.Value, reader.Bounds.End.Value));
        Assert.Equal(receipt with { IsDuplicate = true }, await FlushedAsync(harness, SendAsync(reopened, From("ann", 0), "a0", "a1")));
        var again = await FlushedAsync(harness, reopened.ReplicateAsync(replica, None));
        Assert.Equal((ReplicaVerdict.Duplicate, Batches.At(7, 1), 2), (again.Verdict, again.Held, again.Duplicates));
        Assert.Equal([(Home, 1L), (East, 1L)], reader.FlushedPositions().Select(pair => (pair.Key, pair.Value.Sequence)).OrderByDescending(pair => pair.Key.Value));
        var next = await FlushedAsync(harness, SendAsync(reopened, From("ann", 2), "a2"));
        Assert.Equal((4, 2), (next.FirstOffset.Value, next.First.Sequence));
        Assert.Equal("[Trimmed] a2", await reader.ReadTextAsync());
    }

    [Fact]
    public async Task Delete_TakesTheTopicOffTheListingUntilItIsWrittenAgain()
    {
        await using var harness = Create();
        var (writer, reader) = await FillWithTenAsync(harness);

        await FlushedAsync(harness, writer.DeleteAsync(None));

        Assert.Empty(harness.Log.ListTopics(default, 10));
        Assert.Equal((10, 10), (reader.Bounds.Start.Value, reader.Bounds.End.Value));
        var next = await FlushedAsync(harness, writer.AppendAsync(Batches.Of("k"), Durability.Disk, None));
        Assert.Equal((10, 10), (next.FirstOffset.Value, next.First.Sequence));
        Assert.Equal("[Trimmed] k", await reader.ReadTextAsync());
        Assert.Equal(Orders, Assert.Single(harness.Log.ListTopics(default, 10)).Topic);
    }

    [Fact]
    public async Task Delete_AndAPowerFailure_LeaveOffsetsPositionsAndProducers()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var receipt = await FlushedAsync(harness, SendAsync(writer, From("ann", 0), "a0"));
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0", "e1"));
        await FlushedAsync(harness, writer.DeleteAsync(None));
        var lost = writer.AppendAsync(Batches.Of("lost"), Durability.Disk, None).AsTask();

        await harness.PowerFailAsync();

        await Assert.ThrowsAsync<EventMeshException>(() => lost);
        Assert.Empty(harness.Log.ListTopics(default, 10));
        var reopened = await harness.Log.OpenWriterAsync(Orders, None);
        Assert.Equal((3, Batches.At(7, 1)), (reopened.NextOffset.Value, reopened.HeldPosition(East)));
        Assert.Equal(receipt with { IsDuplicate = true }, await FlushedAsync(harness, SendAsync(reopened, From("ann", 0), "a0")));
        Assert.Empty(harness.Log.ListTopics(default, 10));
        Assert.Equal(3, (await FlushedAsync(harness, SendAsync(reopened, From("ann", 1), "a1"))).FirstOffset.Value);
        Assert.Equal(1, Assert.Single(harness.Log.ListTopics(default, 10)).OwnPosition.Sequence);
    }

    [Fact]
    public async Task Delete_WhileAnAppendFollows_LeavesWhatFollows()
    {
        await using var harness = Create();
        var (writer, reader) = await FillWithTenAsync(harness);

        var delete = writer.DeleteAsync(None).AsTask();
        var next = SendAsync(writer, default, "k").AsTask();
        await harness.FlushAsync();
        await Task.WhenAll(delete, next);

        Assert.Equal("[Trimmed] k", await reader.ReadTextAsync());
        Assert.Single(harness.Log.ListTopics(default, 10));
    }
}
