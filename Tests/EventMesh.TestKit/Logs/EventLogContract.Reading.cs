using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using Xunit;

namespace EventMesh.TestKit.Logs;

/// <summary>Reading by offset, by origin and by time; listings and listeners.</summary>
public abstract partial class EventLogContract
{
    /// <summary>Offsets 0-8: e0 e1 | w0 | e2 e3 | (gap to e9) | w1 | e10 e11.</summary>
    private static async Task<ITopicReader> FillWithTwoOriginsAsync(EventLogHarness harness)
    {
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Position.None, "e0", "e1"));
        await ReplicateAsync(harness, writer, Batches.From(West, 3, Position.None, "w0"));
        await ReplicateAsync(harness, writer, Batches.From(East, 7, Batches.At(7, 1), "e2", "e3"));
        await ReplicateAsync(harness, writer, new Gap(East, Batches.At(7, 3), Batches.At(7, 9), GapReason.Trimmed));
        await ReplicateAsync(harness, writer, Batches.From(West, 4, Batches.At(3, 0), "w1"));
        await ReplicateAsync(harness, writer, Batches.From(East, 8, Batches.At(7, 9), "e10", "e11"));
        return harness.Log.GetReader(Orders);
    }

    [Theory]
    [InlineData(7, -1, 0)]
    [InlineData(7, 0, 1)]
    [InlineData(7, 1, 3)]
    [InlineData(7, 3, 5)]
    [InlineData(7, 6, 5)]
    [InlineData(7, 9, 7)]
    [InlineData(7, 12, 7)]
    [InlineData(8, 10, 8)]
    [InlineData(8, 11, 9)]
    [InlineData(9, 0, 9)]
    public async Task OffsetAfter_FindsTheFirstRecordOfTheOriginAbove(long incarnation, long sequence, long expected)
    {
        await using var harness = Create();
        var reader = await FillWithTwoOriginsAsync(harness);

        var offset = reader.OffsetAfter(East, sequence < 0 ? Position.None : Batches.At(incarnation, sequence));

        Assert.Equal(expected, offset.Value);
    }

    [Fact]
    public async Task PositionBefore_IsThatOfTheOriginsLastRecordBelow()
    {
        await using var harness = Create();
        var reader = await FillWithTwoOriginsAsync(harness);

        var east = Enumerable.Range(0, 11).Select(offset => reader.PositionBefore(East, new LogOffset(offset)).ToString());
        var west = Enumerable.Range(0, 8).Select(offset => reader.PositionBefore(West, new LogOffset(offset)).ToString());

        Assert.Equal(["none", "7/0", "7/1", "7/1", "7/2", "7/3", "7/9", "7/9", "8/10", "8/11", "8/11"], east);
        Assert.Equal(["none", "none", "none", "3/0", "3/0", "3/0", "3/0", "4/1"], west);
        Assert.Equal(Position.None, reader.PositionBefore(Home, new LogOffset(9)));
    }

    [Fact]
    public async Task OffsetAtTime_IsTheFirstRecordAppendedThenOrLater()
    {
        await using var harness = Create(new EventLogLimits(SegmentBytes: 1024));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var reader = harness.Log.GetReader(Orders);
        var begin = harness.Time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < 100; i++)
        {
            await FlushedAsync(harness, writer.AppendAsync(Batches.Of("a", "b"), Durability.Disk, None));
            harness.Time.Advance(TimeSpan.FromMilliseconds(10));
        }

        var offsets = new[] { -1000, 0, 1, 10, 500, 505, 990, 991, 5000 }.Select(ms => reader.OffsetAtTime(begin + ms).Value);

        Assert.Equal([0, 0, 2, 2, 100, 102, 198, 200, 200], offsets);
    }

    [Fact]
    public async Task CurrentTime_SeparatesWhatWasAppendedBeforeFromWhatComesAfter()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("before"), Durability.Disk, None));

        var now = harness.Log.CurrentTimeUnixMs;
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("after"), Durability.Disk, None));

        Assert.Equal(1, harness.Log.GetReader(Orders).OffsetAtTime(now).Value);
    }

    [Fact]
    public async Task CurrentTime_WhenTheMachinesClockGoesBack_DoesNot()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("before"), Durability.Disk, None));
        var now = harness.Log.CurrentTimeUnixMs;

        harness.Time.JumpWallClock(-TimeSpan.FromHours(1));

        Assert.True(harness.Log.CurrentTimeUnixMs >= now);
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("after"), Durability.Disk, None));
        var records = await harness.Log.GetReader(Orders).ReadAllAsync();
        Assert.True(records[1].TimeUnixMs >= records[0].TimeUnixMs);
        Assert.Equal(1, harness.Log.GetReader(Orders).OffsetAtTime(now).Value);
    }

    [Fact]
    public async Task Read_StopsAtBytesAndRecordsButReturnsAtLeastOne()
    {
        await using var harness = Create();
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("aaaa", "bbbb", "cccc"), Durability.Disk, None));
        var reader = harness.Log.GetReader(Orders);

        using var tiny = await reader.ReadAsync(LogOffset.Zero, 1, 100, None);
        using var twoByBytes = await reader.ReadAsync(LogOffset.Zero, 10, 100, None);
        using var twoByCount = await reader.ReadAsync(LogOffset.Zero, 1000, 2, None);

        Assert.Equal((1, 1), (tiny.Records.Count, tiny.Next.Value));
        Assert.Equal((2, 2), (twoByBytes.Records.Count, twoByBytes.Next.Value));
        Assert.Equal((2, 2), (twoByCount.Records.Count, twoByCount.Next.Value));
    }

    [Fact]
    public async Task Read_AtOrBeyondTheReadLimit_IsEmptyAndStaysWhereItIs()
    {
        await using var harness = Create();
        var reader = await FillWithTwoOriginsAsync(harness);

        using var atEnd = await reader.ReadAsync(new LogOffset(9), 1000, 10, None);
        using var beyond = await reader.ReadAsync(new LogOffset(50), 1000, 10, None);

        Assert.Equal((0, 9), (atEnd.Records.Count, atEnd.Next.Value));
        Assert.Equal((0, 50), (beyond.Records.Count, beyond.Next.Value));
    }

    [Fact]
    public async Task Reader_OfATopicThatDoesNotExist_IsEmptyAndSeesItOnceItDoes()
    {
        await using var harness = Create();
        var reader = harness.Log.GetReader(Orders);

        Assert.Equal((default, Position.None, 0), (reader.Bounds, reader.FlushedPosition(Home), reader.OffsetAfter(Home, Position.None).Value));
        Assert.Empty(reader.FlushedPositions());
        Assert.Empty(await reader.ReadAllAsync());
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("a"), Durability.Disk, None));

        Assert.Equal("a", await reader.ReadTextAsync());
    }

    [Fact]
    public async Task Read_WhileOthersWrite_SeesAnUnbrokenFrontOfTheLog()
    {
        await using var harness = Create(new EventLogLimits(SegmentBytes: 1024));
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var reader = harness.Log.GetReader(Orders);
        const int Events = 4000;

        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Events; i++)
            {
                await FlushedAsync(harness, writer.AppendAsync(Batches.Of($"{i}"), Durability.Disk, None));
            }
        });
        var expected = 0;
        for (var next = LogOffset.Zero; expected < Events; await Task.Yield())
        {
            using var batch = await reader.ReadAsync(next, 4096, 64, None);
            foreach (var record in batch.Records)
            {
                Assert.Equal((expected, $"{expected}"), ((int)record.Position.Sequence, Batches.TextOf(record)));
                expected++;
            }

            next = batch.Next;
            Assert.False(batch.Records.Count == 0 && writing.IsFaulted, "Writing failed.");
        }

        await writing;
    }

    [Fact]
    public async Task ListTopics_IsOrderedPagedAndOmitsTopicsWithoutARecord()
    {
        await using var harness = Create();
        foreach (var name in new[] { "b", "a.b", "a", "a-b", "$state.x" })
        {
            var writer = await harness.Log.OpenWriterAsync(TopicName.Parse(name), None);
            await FlushedAsync(harness, writer.AppendAsync(Batches.Of("x", "y"), Durability.Disk, None));
        }

        await harness.Log.OpenWriterAsync(TopicName.Parse("aa"), None);

        var first = harness.Log.ListTopics(default, 3);
        var rest = harness.Log.ListTopics(first[^1].Topic, 10);

        Assert.Equal(["$state.x", "a", "a-b"], first.Select(summary => summary.Topic.Value));
        Assert.Equal(["a.b", "b"], rest.Select(summary => summary.Topic.Value));
        Assert.Equal((2, 1), (rest[0].Bounds.End.Value, rest[0].OwnPosition.Sequence));
        Assert.InRange(rest[0].Bytes, 4, 8);
    }

    [Fact]
    public async Task Listeners_HearOfEachFlushOnceItCanBeReadUntilTheyUnsubscribe()
    {
        await using var harness = Create();
        var reader = harness.Log.GetReader(Orders);
        var heard = new List<string>();
        var listener = new RecordingListener(advances =>
        {
            foreach (var advance in advances)
            {
                heard.Add($"{advance.Topic}={advance.End} readable {reader.Bounds.End}");
            }
        });
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        var subscription = harness.Log.Subscribe(listener);

        var first = writer.AppendAsync(Batches.Of("a"), Durability.Disk, None);
        var second = writer.AppendAsync(Batches.Of("b"), Durability.Disk, None);
        await FlushedAsync(harness, first);
        await second;
        subscription.Dispose();
        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("c"), Durability.Disk, None));

        Assert.Equal(["orders.eu=2 readable 2"], heard);
    }

    [Fact]
    public async Task Listeners_WhenOneThrows_TheOthersAndTheReceiptsAreNotKeptBack()
    {
        await using var harness = Create();
        var heard = 0;
        var writer = await harness.Log.OpenWriterAsync(Orders, None);
        harness.Log.Subscribe(new RecordingListener(_ => throw new InvalidOperationException("a listener's own fault")));
        harness.Log.Subscribe(new RecordingListener(_ => heard++));

        await FlushedAsync(harness, writer.AppendAsync(Batches.Of("a"), Durability.Disk, None));

        Assert.Equal(1, heard);
    }

    private delegate void OnAdvances(ReadOnlySpan<TopicAdvance> advances);

    private sealed class RecordingListener(OnAdvances onAdvances) : IFlushListener
    {
        public void OnFlushed(ReadOnlySpan<TopicAdvance> advances) => onAdvances(advances);
    }
}
