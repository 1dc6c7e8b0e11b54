using EventMesh.PeerLink.Configuration;

namespace EventMesh.PeerLink.Tests.Configuration;

public sealed class LinkOptionsValidatorTests
{
    [Fact]
    public void PL007_Defaults_AreValid() => Assert.True(new LinkOptionsValidator().Validate(null, new LinkOptions()).Succeeded);

    public static TheoryData<string, object> OutOfRange => new()
    {
        { nameof(LinkOptions.HeartbeatInterval), TimeSpan.FromSeconds(1.9) },
        { nameof(LinkOptions.HeartbeatInterval), TimeSpan.FromSeconds(10.1) },
        { nameof(LinkOptions.MissedHeartbeats), 1 },
        { nameof(LinkOptions.MissedHeartbeats), 11 },
        { nameof(LinkOptions.DialTimeout), TimeSpan.Zero },
        { nameof(LinkOptions.HandshakeTimeout), TimeSpan.FromSeconds(31) },
        { nameof(LinkOptions.BackoffInitial), TimeSpan.FromMilliseconds(9) },
        { nameof(LinkOptions.BackoffMax), TimeSpan.FromMilliseconds(999) },
        { nameof(LinkOptions.BackoffMax), TimeSpan.FromMinutes(6) },
        { nameof(LinkOptions.SendQueueFrames), 3 },
        { nameof(LinkOptions.SendQueueBytes), 1024 },
        { nameof(LinkOptions.SendTimeout), TimeSpan.FromMinutes(1) },
        { nameof(LinkOptions.DropPolicy), (DropPolicy)7 },
        { nameof(LinkOptions.DrainTimeout), TimeSpan.FromSeconds(-1) },
        { nameof(LinkOptions.StallTimeout), TimeSpan.FromSeconds(4) },
        { nameof(LinkOptions.CreditBytes), 256 * 1024 - 1 },
        { nameof(LinkOptions.CreditBytes), 16 * 1024 * 1024 + 1 },
        { nameof(LinkOptions.MaxFrameBytes), 256 * 1024 + 1 },
        { nameof(LinkOptions.MaxMessageBytes), 17 * 1024 * 1024 },
        { nameof(LinkOptions.MaxInterestPatterns), 0 },
        { nameof(LinkOptions.FirstContact), (FirstContact)9 },
        { nameof(LinkOptions.PauseDelay), TimeSpan.FromMilliseconds(1) },
        { nameof(LinkOptions.SweepInterval), TimeSpan.FromMilliseconds(1) },
        { nameof(LinkOptions.MaxTopics), 15 },
        { nameof(LinkOptions.RememberedTopics), 15 },
        { nameof(LinkOptions.MaxReads), 0 },
        { nameof(LinkOptions.ReferenceEventsPerSecond), 0 },
        { nameof(LinkOptions.ReferenceBurst), 11 },
        { nameof(LinkOptions.IngestQueueBytes), 1 },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void PL007_ValueOutOfItsRange_IsRefusedByKey(string property, object value)
    {
        var options = new LinkOptions();
        typeof(LinkOptions).GetProperty(property)!.SetValue(options, value);

        var result = new LinkOptionsValidator().Validate(null, options);

        Assert.True(result.Failed);
        Assert.StartsWith($"EventMesh:Links:{property} is ", Assert.Single(result.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public void PL007_EveryNumberAndTime_HasATestOfItsRange()
    {
        var tested = OutOfRange.Select(static row => (string)row[0]).ToHashSet();

        var untested = typeof(LinkOptions).GetProperties().Select(static property => property.Name).Where(name => !tested.Contains(name));

        Assert.Empty(untested);
    }

    [Fact]
    public void PL007_MessageLimit_MustHoldTheLargestSnapshotOfInterest()
    {
        var options = new LinkOptions { MaxInterestPatterns = 60_000 };

        var failure = Assert.Single(new LinkOptionsValidator().Validate(null, options).Failures!);

        Assert.Contains("EventMesh:Links:MaxMessageBytes", failure, StringComparison.Ordinal);
        Assert.Contains("EventMesh:Links:MaxInterestPatterns", failure, StringComparison.Ordinal);
    }
}
