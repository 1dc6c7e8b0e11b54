using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Links;
using EventMesh.PeerLink.Sessions;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Time;

namespace EventMesh.Hosting.Tests.Links;

/// <summary>What a link is given to send: own events only, each piece continuing the one before it, with a gap wherever events are gone.</summary>
public sealed class OwnEventReaderTests
{
    private static readonly NodeId East = NodeId.Parse("east");
    private static readonly TopicName Topic = TopicName.Parse("orders");

    private readonly ManualTimeProvider _time = new();
    private readonly MemoryLogStore _store;

    public OwnEventReaderTests() => _store = new MemoryLogStore(
        NodeId.Parse("home"), new MemoryStorageOptions { SegmentBytes = 1024, MaxTopicBytes = 4096 }, _time);

    private async Task AppendAsync(params string[] payloads)
    {
        await using var log = _store.OpenLog();
        var writer = await log.OpenWriterAsync(Topic, CancellationToken.None);
        await writer.AppendAsync(Batches.Of(payloads), Durability.Disk, CancellationToken.None);
        _time.Advance(TimeSpan.FromSeconds(1));
    }

    private async Task<TopicRead> ReadAsync(ReadStart start, int maxBytes = 4096)
    {
        await using var log = _store.OpenLog();
        return await new OwnEventReader(new FakeLinkHost(log)).ReadAsync(new ReadTopic(1, Topic, start, maxBytes), CancellationToken.None);
    }

    private static ReadStart After(Position position) => new(ReadStartKind.After, position, null, 0);

    private static ReadStart At(ReadStartKind kind, long unixMs) => new(kind, Position.None, null, unixMs);

    /// <summary>Checks that the items continue each other from <paramref name="position"/> on, and returns where they end.</summary>
    private static Position AssertContiguous(TopicRead read, Position position)
    {
        foreach (var item in read.Items)
        {
            Assert.Equal(position, item.Previous);
            item.Batch?.Validate();
            item.Gap?.Validate();
            position = item.Last;
        }

        return position;
    }

    [Fact]
    public async Task Find_WhenNothingWasFlushedSince_LooksAtNothing()
    {
        await using var log = _store.OpenLog();
        var reader = new OwnEventReader(new FakeLinkHost(log));
        var writer = await log.OpenWriterAsync(Topic, CancellationToken.None);
        await writer.AppendAsync(Batches.Of(["a"]), Durability.Disk, CancellationToken.None);
        var first = reader.Find(new FindTopics(1, default, 10, [TopicPattern.All]));

        var idle = reader.Find(new FindTopics(2, default, 10, [TopicPattern.All], first.Version));
        await writer.AppendAsync(Batches.Of(["b"]), Durability.Disk, CancellationToken.None);
        var later = reader.Find(new FindTopics(3, default, 10, [TopicPattern.All], first.Version));

        Assert.Equal([Topic], first.Topics.Select(static found => found.Topic));
        Assert.Equal((0, true, first.Version), (idle.Topics.Count, idle.IsLast, idle.Version));
        Assert.Equal([Topic], later.Topics.Select(static found => found.Topic));
    }

    [Fact]
    public async Task Read_OverTwoLives_EndsABatchWithEachAndSaysWhatItFollows()
    {
        await AppendAsync("a", "b");
        await AppendAsync("c");

        var read = await ReadAsync(After(Position.None));

        Assert.Equal([2, 1], read.Items.Select(static item => item.Batch!.Events.Count));
        Assert.Equal(read.End, AssertContiguous(read, Position.None));
        Assert.NotEqual(read.Items[0].Last.Incarnation, read.Items[1].Last.Incarnation);
    }

    [Fact]
    public async Task Read_AmongOtherNodesEvents_LeavesThemOut()
    {
        await AppendAsync("a");
        await using (var log = _store.OpenLog())
        {
            var writer = await log.OpenWriterAsync(Topic, CancellationToken.None);
            await writer.ReplicateAsync(Batches.From(East, 7, Position.None, "e0", "e1"), CancellationToken.None);
            await writer.AppendAsync(Batches.Of("b"), Durability.Disk, CancellationToken.None);
        }

        var read = await ReadAsync(After(Position.None));

        Assert.Equal(2, read.Items.Sum(static item => item.Events));
        Assert.Equal(read.End, AssertContiguous(read, Position.None));
        Assert.Equal(4, read.Next.Value);
    }

    [Fact]
    public async Task Read_InSmallPortions_GoesOnWhereItEnded()
    {
        await AppendAsync([.. Enumerable.Range(0, 30).Select(i => $"event {i}")]);
        var start = After(Position.None);
        var events = 0;

        for (var position = Position.None; ;)
        {
            var read = await ReadAsync(start, maxBytes: 100);
            if (read.Items.Count == 0)
            {
                break;
            }

            position = AssertContiguous(read, position);
            events += read.Items.Sum(static item => item.Events);
            start = new ReadStart(ReadStartKind.After, position, read.Next, 0);
        }

        Assert.Equal(30, events);
    }

    [Fact]
    public async Task Read_WhereRetentionTookEvents_BeginsWithAGap()
    {
        for (var i = 0; i < 30; i++)
        {
            await AppendAsync(new string('x', 400));
        }

        var read = await ReadAsync(After(Position.None), maxBytes: 1 << 20);

        Assert.Equal(GapReason.Trimmed, read.Items[0].Gap?.Reason);
        Assert.Equal(read.End, AssertContiguous(read, Position.None));
    }

    [Fact]
    public async Task ReadFromATime_WithOlderEvents_NamesThemBeforeInterest()
    {
        await AppendAsync("a", "b");
        var since = _time.GetUtcNow().ToUnixTimeMilliseconds();
        await AppendAsync("c");

        var read = await ReadAsync(At(ReadStartKind.Time, since));

        Assert.Equal((GapReason.BeforeInterest, 1L), (read.Items[0].Gap!.Reason, read.Items[0].Gap!.To.Sequence));
        Assert.Equal(read.End, AssertContiguous(read, Position.None));
    }

    [Fact]
    public async Task ReadFromATime_ThatRetentionHasPassed_DoesNotCallWantedEventsOlder()
    {
        var since = _time.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < 30; i++)
        {
            await AppendAsync(new string('x', 400));
        }

        var read = await ReadAsync(At(ReadStartKind.Time, since), maxBytes: 1 << 20);

        Assert.Equal(GapReason.Trimmed, read.Items[0].Gap?.Reason);
        Assert.Equal(read.End, AssertContiguous(read, Position.None));
    }

    [Fact]
    public async Task ReadOpen_WithOlderEvents_AsksThePeerFirst()
    {
        await AppendAsync("a");
        var since = _time.GetUtcNow().ToUnixTimeMilliseconds();

        var older = await ReadAsync(At(ReadStartKind.Open, since));
        var none = await ReadAsync(At(ReadStartKind.Open, 0));

        Assert.Equal((true, 0), (older.NeedsOffer, older.Items.Count));
        Assert.Equal((false, 1), (none.NeedsOffer, none.Items.Count));
    }
}
