using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;
using EventMesh.TestKit.Logs;
using static EventMesh.Storage.Tests.Files.Retention.SegmentCleanerTests;

namespace EventMesh.Storage.Tests.Files.Retention;

/// <summary>A full disk keeps retention from nothing but rewriting, and that for a while only.</summary>
public sealed class FullDiskTests
{
    private static readonly TopicName Hot = TopicName.Parse("hot");
    private static readonly TopicName Kept = TopicName.Parse("kept");

    [Fact]
    public async Task Rewrite_WhenTheDiskIsFull_LeavesTheSegmentAndTheLogAsTheyAre_AndIsDoneLater()
    {
        await using var harness = await RetentionScript.BuildAsync(seed: 1);
        harness.Run();
        var expected = RetentionScript.Contents(harness);
        harness.Directory.Capacity = harness.Directory.UsedBytes;

        harness.Files.Sweep();
        Assert.True(harness.Files.Retention.IsRewriting);
        while (harness.Files.Retention.IsRewriting)
        {
            harness.Files.Retention.Step();
        }

        Assert.Equal(LogStatus.Healthy, harness.Log.Health.Status);
        Assert.DoesNotContain(harness.Files.Store.Segments.All(), static segment => segment.Header.IsRewritten);
        Assert.DoesNotContain(harness.Directory.List(), static file => file.Name.EndsWith(".new", StringComparison.Ordinal));
        await RetentionRuleTests.AppendAsync(harness, TopicName.Parse("next"), 1, 100);
        harness.Files.Sweep();
        Assert.False(harness.Files.Retention.IsRewriting);

        harness.Directory.Capacity = long.MaxValue;
        harness.Time.Advance(TimeSpan.FromMinutes(1));
        harness.Clean();

        Assert.Contains(harness.Files.Store.Segments.All(), static segment => segment.Header.IsRewritten);
        await TrimAsync(harness, TopicName.Parse("next"));
        await harness.RestartAsync();
        Assert.Equal(expected, string.Concat(RetentionScript.Contents(harness).Split('\n').Where(static line => line.Length > 0 && !line.StartsWith("next:", StringComparison.Ordinal)).Select(static line => line + "\n")));
    }

    [Theory]
    [InlineData(700)]
    [InlineData(1)]
    public async Task Sweep_WhenTheDiskIsFull_TrimsAllTheSameAndWritingResumes(int lastBytes)
    {
        var options = RetentionScript.Options;
        options.RetentionAge = TimeSpan.FromHours(1);
        await using var harness = new FileLogHarness(options, seed: 1);
        harness.Directory.Capacity = 6L * options.SegmentBytes;
        await RetentionRuleTests.AppendAsync(harness, Kept, 0, 10);
        var refusal = await Assert.ThrowsAsync<EventMeshException>(() => FillUpAsync(harness, lastBytes));
        Assert.Equal((MeshErrorCode.LogFull, LogStatus.Full), (refusal.Code, harness.Log.Health.Status));

        // Nobody frees anything by hand: the records' time comes, and that must be enough.
        harness.Time.Advance(TimeSpan.FromHours(2));
        harness.Clean();

        await RetentionRuleTests.AppendAsync(harness, Hot, 1, 1000);
        Assert.Equal(LogStatus.Healthy, harness.Log.Health.Status);
        Assert.Equal((1, 1), RetentionRuleTests.Bounds(harness, Kept));
        harness.Directory.Capacity = long.MaxValue;
        await harness.PowerFailAsync();
        Assert.Equal((1, 1), RetentionRuleTests.Bounds(harness, Kept));
        var (start, end) = RetentionRuleTests.Bounds(harness, Hot);
        Assert.Equal(1, end - start);
    }

    [Fact]
    public async Task Trim_WhenTheDiskIsFull_IsTakenAndGivesRoom()
    {
        await using var harness = new FileLogHarness(RetentionScript.Options, seed: 1);
        harness.Directory.Capacity = 6L * RetentionScript.Options.SegmentBytes;
        await Assert.ThrowsAsync<EventMeshException>(() => FillUpAsync(harness, 1));

        await TrimAsync(harness, Hot);
        harness.Clean();

        await RetentionRuleTests.AppendAsync(harness, Hot, 1, 1000);
        Assert.Equal(LogStatus.Healthy, harness.Log.Health.Status);
    }

    private static async Task FillUpAsync(FileLogHarness harness, int bytes)
    {
        for (var i = 0; i < 10_000; i++)
        {
            await RetentionRuleTests.AppendAsync(harness, Hot, i, bytes);
        }
    }
}
