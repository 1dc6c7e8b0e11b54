using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>Space follows trims: dead segments go, heads outlive them, and nothing is written or read again and again.</summary>
public sealed class SegmentCleanerTests
{
    private static readonly TopicName Orders = TopicName.Parse("orders.eu");
    private static readonly TopicName Other = TopicName.Parse("other");
    private static readonly NodeId East = NodeId.Parse("east");
    private readonly FileStorageOptions _options = new()
    {
        SegmentBytes = 64 * 1024,
        SpareSegments = 1,
        GroupBytes = 64 * 1024,
        RetentionAge = TimeSpan.Zero,
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clean_OfATopicThatWasTrimmedToNothing_LeavesItsNumbering(bool isDeleted)
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        var replicas = Enumerable.Range(0, 30).Select(i => Batches.From(East, 7, i == 0 ? Position.None : Batches.At(7, i - 1), $"e{i}")).ToList();
        var stamp = new ProducerStamp(ProducerId.Parse("ann"), 0);
        AppendResult receipt;
        await using (var writer = await harness.Log.OpenWriterAsync(Orders, CancellationToken.None))
        {
            receipt = await RunAsync(harness, writer.AppendAsync(Batches.Of("a0", "a1"), stamp, Durability.Disk, CancellationToken.None));
            foreach (var replica in replicas)
            {
                await RunAsync(harness, writer.ReplicateAsync(replica, CancellationToken.None));
                await FillAsync(harness, Other, 2);
            }

            var trim = isDeleted ? writer.DeleteAsync(CancellationToken.None) : writer.TrimAsync(writer.NextOffset, CancellationToken.None);
            harness.Run();
            await trim;
        }

        await TrimAsync(harness, Other);
        var before = Segments(harness);

        // Whatever holds something of the topics now is full one day, and goes too.
        for (var round = 0; round < 2; round++)
        {
            await FillAsync(harness, Other, 30);
            await TrimAsync(harness, Other);
            harness.Clean();
        }

        Assert.Empty(before.Intersect(Segments(harness)));
        await harness.RestartAsync();
        await using var reopened = await harness.Log.OpenWriterAsync(Orders, CancellationToken.None);
        Assert.Equal((32, 32), RetentionRuleTests.Bounds(harness, Orders));
        Assert.Equal((32, Batches.At(7, 29)), (reopened.NextOffset.Value, reopened.HeldPosition(East)));
        Assert.Equal(receipt.First.Sequence + 1, reopened.HeldPosition(NodeId.Parse(EventLogHarness.NodeName)).Sequence);
        Assert.Equal(!isDeleted, harness.Log.ListTopics(default, 10).Any(topic => topic.Topic == Orders));
        foreach (var replica in replicas)
        {
            var again = await RunAsync(harness, reopened.ReplicateAsync(replica, CancellationToken.None));
            Assert.Equal((ReplicaVerdict.Duplicate, Batches.At(7, 29), 0), (again.Verdict, again.Held, again.Stored));
        }

        var repeat = await RunAsync(harness, reopened.AppendAsync(Batches.Of("a0", "a1"), stamp, Durability.Disk, CancellationToken.None));
        Assert.Equal(receipt with { IsDuplicate = true }, repeat);
        var next = await RunAsync(harness, reopened.AppendAsync(Batches.Of("a2"), stamp with { FirstSequence = 2 }, Durability.Disk, CancellationToken.None));
        Assert.Equal((32, 2), (next.FirstOffset.Value, next.First.Sequence));
        Assert.Equal("[Trimmed] a2", await harness.Log.GetReader(Orders).ReadTextAsync());
    }

    [Fact]
    public async Task Clean_WhenASegmentIsDead_UsesItsRoomAgain()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        for (var round = 0; round < 20; round++)
        {
            await FillAsync(harness, Other, 20);
            await TrimAsync(harness, Other);
            harness.Clean();
        }

        Assert.InRange(Segments(harness).Count, 1, 3);
        Assert.InRange(harness.Directory.UsedBytes, 0, 5L * _options.SegmentBytes);
        Assert.All(harness.Directory.List(), static file => Assert.DoesNotContain("new", file.Name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Clean_WhenNothingHasChanged_NeitherReadsNorWrites()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        for (var i = 0; i < 40; i++)
        {
            await FillAsync(harness, TopicName.Parse($"t.{i}"), 1);
            await FillAsync(harness, Other, 4);
        }

        await TrimAsync(harness, Other);
        harness.Clean();
        await harness.RestartAsync();
        harness.Clean();
        var (operations, reads) = (harness.Directory.Operations, 0);
        harness.Directory.Plan = operation =>
        {
            reads += operation.Action == DeviceAction.Read ? 1 : 0;
            return DeviceFault.None;
        };

        for (var i = 0; i < 10; i++)
        {
            harness.Time.Advance(_options.RetentionInterval);
            harness.Run();
        }

        Assert.Equal((operations, 0), (harness.Directory.Operations, reads));
        Assert.InRange(Segments(harness).Count, 4, 20);
    }

    [Fact]
    public async Task Clean_OfHeadsAlone_DoesNotWriteThemAgainWithEveryRestart()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        for (var i = 0; i < 300; i++)
        {
            await FillAsync(harness, TopicName.Parse($"t.{i}"), 1);
            await TrimAsync(harness, TopicName.Parse($"t.{i}"));
        }

        var sizes = new List<string>();
        for (var restart = 0; restart < 6; restart++)
        {
            await harness.RestartAsync();
            harness.Clean();
            sizes.Add(string.Join(' ', Segments(harness)) + " " + RetentionRuleTests.SegmentBytes(harness));
        }

        Assert.Single(sizes.Skip(2).Distinct());
        Assert.InRange(RetentionRuleTests.SegmentBytes(harness), 1, 4L * _options.SegmentBytes);
        Assert.All(Enumerable.Range(0, 300), i => Assert.Equal((1, 1), RetentionRuleTests.Bounds(harness, TopicName.Parse($"t.{i}"))));
    }

    [Fact]
    public async Task Clean_WhenManySegmentsHoldHeadsAlone_PutsThemTogether()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        for (var i = 0; i < 60; i++)
        {
            // Each life leaves a small segment with one head of its own.
            await FillAsync(harness, TopicName.Parse($"t.{i}"), 1);
            await TrimAsync(harness, TopicName.Parse($"t.{i}"));
            await harness.RestartAsync();
            harness.Clean();
        }

        Assert.InRange(Segments(harness).Count, 1, 20);
        await harness.RestartAsync();
        for (var i = 0; i < 60; i++)
        {
            Assert.Equal((1, 1), RetentionRuleTests.Bounds(harness, TopicName.Parse($"t.{i}")));
            Assert.Equal(0, harness.Log.GetReader(TopicName.Parse($"t.{i}")).FlushedPosition(NodeId.Parse(EventLogHarness.NodeName)).Sequence);
        }
    }

    [Fact]
    public async Task Clean_WhileATopicWrites_KeepsTheSegmentThatHasItsNewestFooter()
    {
        await using var harness = new FileLogHarness(_options, seed: 1);
        await FillAsync(harness, Orders, 1);
        await FillAsync(harness, Other, 20);
        await harness.RestartAsync();
        await FillAsync(harness, Orders, 1);
        await TrimAsync(harness, Orders, 1);
        await TrimAsync(harness, Other);

        harness.Clean();
        await harness.PowerFailAsync();

        Assert.Equal((1, 2), RetentionRuleTests.Bounds(harness, Orders));
        Assert.Equal(1, harness.Log.GetReader(Orders).FlushedPosition(NodeId.Parse(EventLogHarness.NodeName)).Sequence);
    }

    internal static async Task FillAsync(FileLogHarness harness, TopicName topic, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await RetentionRuleTests.AppendAsync(harness, topic, i, 5000);
        }
    }

    internal static async Task TrimAsync(FileLogHarness harness, TopicName topic, long start = long.MaxValue)
    {
        await using var writer = await harness.Log.OpenWriterAsync(topic, CancellationToken.None);
        var trim = writer.TrimAsync(new LogOffset(start), CancellationToken.None);
        harness.Run();
        await trim;
    }

    internal static IReadOnlyList<string> Segments(FileLogHarness harness) =>
        [.. harness.Directory.List().Select(static file => file.Name).Where(static name => name.EndsWith(".segment", StringComparison.Ordinal) && char.IsAsciiDigit(name[0]))];

    private static async Task<T> RunAsync<T>(FileLogHarness harness, ValueTask<T> pending)
    {
        harness.Run();
        return await pending;
    }
}
