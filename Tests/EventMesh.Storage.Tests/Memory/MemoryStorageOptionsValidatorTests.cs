using EventMesh.Storage.Memory;

namespace EventMesh.Storage.Tests.Memory;

public sealed class MemoryStorageOptionsValidatorTests
{
    [Fact]
    public void Validate_Defaults_Succeeds() => Assert.True(new MemoryStorageOptionsValidator().Validate(null, new MemoryStorageOptions()).Succeeded);

    [Fact]
    public void Validate_WhenSeveralAreWrong_NamesEachKeyAndItsRule()
    {
        var options = new MemoryStorageOptions { MaxTopics = 0, SegmentBytes = 5, MaxTopicBytes = 10, MaxTotalBytes = 4, MaxPendingBytes = 1, MaxOriginsPerTopic = -1, ProducerMemory = TimeSpan.FromSeconds(1), MaxProducersPerTopic = 0 };

        var failures = new MemoryStorageOptionsValidator().Validate(null, options).Failures!.ToList();

        Assert.Equal(7, failures.Count);
        foreach (var key in new[] { "MaxTopics", "SegmentBytes", "MaxTotalBytes", "MaxPendingBytes", "MaxOriginsPerTopic", "ProducerMemory", "MaxProducersPerTopic" })
        {
            Assert.Contains(failures, failure => failure.StartsWith($"EventMesh:Storage:Memory:{key} is ", StringComparison.Ordinal));
        }
    }
}
