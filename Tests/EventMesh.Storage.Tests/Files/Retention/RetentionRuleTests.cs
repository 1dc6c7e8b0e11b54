using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.TestKit.Logs;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>What a sweep trims: by age, by bytes, by count, by the store's size, each by the topic's own rule.</summary>
public sealed class RetentionRuleTests
{
    private static readonly TopicName Orders = TopicName.Parse("orders.eu");
    private readonly FileStorageOptions _options = new()
    {
        SegmentBytes = 64 * 1024,
        SpareSegments = 1,
        GroupBytes = 64 * 1024,
        RetentionAge = TimeSpan.Zero,
    };

    [Fact]
    public async Task Sweep_ByAge_TakesWhatIsOlderAndNotWhatIsOfThatAge()
    {
        _options.RetentionAge = TimeSpan.FromHours(16);
        await using var harness = new FileLogHarness(_options, seed: 1);
        for (var i = 0; i < 10; i++)
        {
            await AppendAsync(harness, Orders, i, 100);
            harness.Time.Advance(TimeSpan.FromHours(2));
        }

        harness.Clean();

        // Appended at 0, 2, ... 18 h; it is 20 h.
        Assert.Equal((2, 10), Bounds(harness, Orders));
    }

    [Fact]
    public async Task Sweep_ByAge_TakesIdleTopicsToTheLastRecord()
    {
        _options.RetentionAge = TimeSpan.FromDays(1);
        await using var harness = new FileLogHarness(_options, seed: 1);
        await AppendAsync(harness, Orders, 0, 100);
        await harness.RestartAsync();

        harness.Time.Advance(TimeSpan.FromDays(1));
        harness.Clean();
        Assert.Equal((0, 1), Bounds(harness, Orders));
        harness.Time.Advance(TimeSpan.FromMilliseconds(1));
        harness.Clean();

        Assert.Equal((1, 1), Bounds(harness, Orders));
    }

    [Fact]
    public async Task Sweep_ByAge_IsAtMostASixteenthLate()
    {
        _options.RetentionAge = TimeSpan.FromHours(16);
        await using var harness = new FileLogHarness(_options, seed: 1);
        await AppendAsync(harness, Orders, 0, 100);
        for (var hour = 1; hour <= 100; hour++)
        {
            harness.Time.Advance(TimeSpan.FromHours(1));
            await AppendAsync(harness, Orders, hour, 3000);
            harness.Clean();

            var (start, _) = Bounds(harness, Orders);
            Assert.InRange(start, hour - 17, Math.Max(0, hour - 16));
        }
    }

    [Fact]
    public async Task Sweep_ByCount_KeepsThatMany()
    {
        _options.RetentionCount = 7;
        await using var harness = new FileLogHarness(_options, seed: 1);
        for (var i = 0; i < 20; i++)
        {
            await AppendAsync(harness, Orders, i, 5000);
        }

        harness.Clean();

        Assert.Equal((13, 20), Bounds(harness, Orders));
        Assert.Equal(13, (await harness.Log.GetReader(Orders).ReadAllAsync(13))[0].Offset.Value);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5_500, 1)]
    [InlineData(27_000, 5)]
    [InlineData(58_000, 11)]
    [InlineData(1_000_000, 40)]
    public async Task Sweep_ByBytes_KeepsWholeRunsWithinThemAndTheNewestInAnyCase(long bytes, int kept)
    {
        _options.RetentionBytes = bytes;
        await using var harness = new FileLogHarness(_options, seed: 1);
        for (var i = 0; i < 40; i++)
        {
            await AppendAsync(harness, Orders, i, 5000);
        }

        harness.Clean();
        Assert.Equal((40 - kept, 40), Bounds(harness, Orders));

        // The same from footers alone, and no more by looking again.
        await harness.RestartAsync();
        harness.Clean();
        Assert.Equal((40 - kept, 40), Bounds(harness, Orders));
    }

    [Fact]
    public async Task Sweep_ByPattern_TakesTheFirstRuleThatMatchesAndItsLimitsAlone()
    {
        _options.RetentionCount = 5;
        _options.Topics.Add(new TopicRetention { Pattern = "orders.*", Count = 3 });
        _options.Topics.Add(new TopicRetention { Pattern = "orders.>", Count = 2 });
        _options.Topics.Add(new TopicRetention { Pattern = "kept.>" });
        await using var harness = new FileLogHarness(_options, seed: 1);
        string[] topics = ["orders.eu", "orders.eu.created", "kept.a", "other", "$state.x", "$mesh.x"];
        foreach (var topic in topics.Select(TopicName.Parse))
        {
            for (var i = 0; i < 10; i++)
            {
                await AppendAsync(harness, topic, i, 10);
            }
        }

        harness.Clean();

        Assert.Equal([3, 2, 10, 5, 10, 5], topics.Select(topic => 10 - Bounds(harness, TopicName.Parse(topic)).Start));
    }

    [Fact]
    public async Task Sweep_ByTotal_TakesTheOldestOfEveryTopicButTheNodesOwnState()
    {
        _options.MaxTotalBytes = 4L * _options.SegmentBytes;
        await using var harness = new FileLogHarness(_options, seed: 1);
        var state = TopicName.Parse("$state.peers");
        for (var i = 0; i < 100; i++)
        {
            await AppendAsync(harness, state, i, 100);
            await AppendAsync(harness, Orders, i, 8000);
            harness.Clean();
        }

        Assert.InRange(Bounds(harness, Orders).Start, 60, 90);
        Assert.Equal((0, 100), Bounds(harness, state));
        Assert.Equal(100, (await harness.Log.GetReader(state).ReadAllAsync()).Count);
        Assert.InRange(SegmentBytes(harness), 0, _options.MaxTotalBytes + _options.SegmentBytes);
    }

    [Fact]
    public async Task Sweep_WithDefaults_KeepsSystemTopicsForSevenDaysToo()
    {
        await using var harness = new FileLogHarness(new FileStorageOptions { SegmentBytes = 64 * 1024, SpareSegments = 1 }, seed: 1);
        string[] topics = ["orders", "$mesh.links", "$state.peers"];
        foreach (var topic in topics)
        {
            await AppendAsync(harness, TopicName.Parse(topic), 0, 10);
        }

        harness.Time.Advance(TimeSpan.FromDays(7) + TimeSpan.FromMilliseconds(1));
        harness.Clean();

        Assert.Equal([1, 1, 0], topics.Select(topic => Bounds(harness, TopicName.Parse(topic)).Start));
    }

    [Fact]
    public async Task Timer_LooksAtTheIntervalOnTheBackgroundScheduler()
    {
        (_options.RetentionCount, _options.RetentionInterval) = (1, TimeSpan.FromSeconds(10));
        await using var harness = new FileLogHarness(_options, seed: 1);
        for (var round = 1; round < 4; round++)
        {
            await AppendAsync(harness, Orders, round, 10);
            await AppendAsync(harness, Orders, round, 10);
            harness.Time.Advance(TimeSpan.FromSeconds(9.9));
            harness.Run();
            Assert.Equal((2 * round) - 2 - (round > 1 ? 1 : 0), Bounds(harness, Orders).Start);

            harness.Time.Advance(TimeSpan.FromSeconds(0.1));
            harness.Run();

            Assert.Equal((2 * round) - 1, Bounds(harness, Orders).Start);
        }
    }

    internal static long SegmentBytes(FileLogHarness harness) => harness.Files.Store.Segments.Bytes;

    internal static (long Start, long End) Bounds(FileLogHarness harness, TopicName topic)
    {
        var bounds = harness.Log.GetReader(topic).Bounds;
        return (bounds.Start.Value, bounds.End.Value);
    }

    internal static async Task AppendAsync(FileLogHarness harness, TopicName topic, int number, int bytes)
    {
        await using var writer = await harness.Log.OpenWriterAsync(topic, CancellationToken.None);
        var pending = writer.AppendAsync(Batches.Of($"{number:D6}".PadRight(bytes, '.')), Durability.Disk, CancellationToken.None);
        harness.Run();
        await pending;
    }
}
