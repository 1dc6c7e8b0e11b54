using EventMesh.Storage.Files;

namespace EventMesh.Storage.Tests.Files;

public sealed class FileStorageOptionsValidatorTests
{
    private const int MiB = 1024 * 1024;

    [Fact]
    public void Validate_Defaults_Succeeds() => Assert.Empty(Failures(static _ => { }));

    [Fact]
    public void Validate_AtTheEndsOfTheRanges_Succeeds()
    {
        Assert.Empty(Failures(static options =>
        {
            (options.SegmentBytes, options.GroupBytes, options.SpareSegments) = (8 * MiB, 64 * 1024, 1);
            (options.MaxPendingBytes, options.IndexCacheBytes, options.MaxTotalBytes) = (4 * MiB, MiB, 16 * MiB);
            (options.RetentionAge, options.RetentionBytes, options.RetentionCount, options.RewriteBelowPercent) = (TimeSpan.Zero, 0, 0, 0);
            options.Topics.Add(new TopicRetention { Pattern = ">" });
        }));
        Assert.Empty(Failures(static options =>
        {
            (options.SegmentBytes, options.GroupBytes, options.SpareSegments) = (1024 * MiB, 16 * MiB, 16);
            (options.MaxTotalBytes, options.RewriteBelowPercent) = (long.MaxValue, 75);
        }));
    }

    [Theory]
    [InlineData("SegmentBytes")]
    [InlineData("SpareSegments")]
    [InlineData("GroupBytes")]
    [InlineData("MaxPendingBytes")]
    [InlineData("IndexCacheBytes")]
    [InlineData("MaxTopics")]
    [InlineData("MaxOriginsPerTopic")]
    [InlineData("MaxProducersPerTopic")]
    [InlineData("ProducerMemory")]
    [InlineData("RetentionAge")]
    [InlineData("RetentionBytes")]
    [InlineData("RetentionCount")]
    [InlineData("RetentionInterval")]
    [InlineData("RewriteBelowPercent")]
    [InlineData("DeletedTopicMemory")]
    [InlineData("MaxTotalBytes")]
    public void Validate_WhenAValueIsNegative_NamesItsKeyAndItsRule(string key)
    {
        var property = typeof(FileStorageOptions).GetProperty(key)!;
        object negative = property.PropertyType == typeof(TimeSpan) ? TimeSpan.FromSeconds(-1) : Convert.ChangeType(-1, property.PropertyType);

        var failures = Failures(options => property.SetValue(options, negative));

        Assert.Contains(
            failures,
            failure => failure.StartsWith($"EventMesh:Storage:Files:{key} is -", StringComparison.Ordinal)
                && failure.Contains("; it must be ", StringComparison.Ordinal));
    }

    [Fact]
    public void Validate_WhenAGroupWouldFillTooMuchOfASegment_NamesTheMost() =>
        Assert.Contains(
            $"at most a quarter of SegmentBytes, {2 * MiB}.",
            Assert.Single(Failures(static options => (options.SegmentBytes, options.GroupBytes) = (8 * MiB, (2 * MiB) + 1))),
            StringComparison.Ordinal);

    [Fact]
    public void Validate_WhenLessThanAGroupMayWait_NamesTheLeast() =>
        Assert.Contains(
            $"at least GroupBytes, {16 * MiB}.",
            Assert.Single(Failures(static options => (options.GroupBytes, options.MaxPendingBytes) = (16 * MiB, 15 * MiB))),
            StringComparison.Ordinal);

    [Fact]
    public void Validate_WhenTheStoreMayHoldLessThanTwoSegments_NamesTheLeast() =>
        Assert.Contains(
            $"at least two segments, {128 * MiB}.", Assert.Single(Failures(static options => options.MaxTotalBytes = MiB)), StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("orders..created")]
    [InlineData("orders.>.created")]
    public void Validate_WhenARuleHasNoValidPattern_NamesTheRule(string pattern)
    {
        var failures = Failures(options =>
        {
            options.Topics.Add(new TopicRetention { Pattern = "orders.>" });
            options.Topics.Add(new TopicRetention { Pattern = pattern });
        });

        Assert.StartsWith($"EventMesh:Storage:Files:Topics:1:Pattern is '{pattern}'", Assert.Single(failures), StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_WhenARulesLimitsAreNegative_NamesEach()
    {
        var failures = Failures(static options =>
            options.Topics.Add(new TopicRetention { Pattern = "orders.>", Age = TimeSpan.FromDays(-1), Bytes = -1, Count = -1 }));

        Assert.Equal(
            ["EventMesh:Storage:Files:Topics:0:Age", "EventMesh:Storage:Files:Topics:0:Bytes", "EventMesh:Storage:Files:Topics:0:Count"],
            failures.Select(static failure => failure.Split(' ')[0]));
    }

    [Fact]
    public void Validate_WhenThereAreTooManyRules_SaysHowMany()
    {
        var failures = Failures(static options =>
        {
            for (var i = 0; i <= 1_000; i++)
            {
                options.Topics.Add(new TopicRetention { Pattern = $"topic.{i}" });
            }
        });

        Assert.Contains("is 1001; it must be 0 to 1000.", Assert.Single(failures), StringComparison.Ordinal);
    }

    private static string[] Failures(Action<FileStorageOptions> configure)
    {
        var options = new FileStorageOptions();
        configure(options);
        return [.. new FileStorageOptionsValidator().Validate(null, options).Failures ?? []];
    }
}
