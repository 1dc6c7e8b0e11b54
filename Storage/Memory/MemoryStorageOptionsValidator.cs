using EventMesh.Core.Events;
using EventMesh.Storage.Producers;
using Microsoft.Extensions.Options;

namespace EventMesh.Storage.Memory;

/// <summary>Refuses limits that contradict each other or that no event would fit in.</summary>
public sealed class MemoryStorageOptionsValidator : IValidateOptions<MemoryStorageOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, MemoryStorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        CheckRange(failures, nameof(options.MaxTopics), options.MaxTopics, 1, 100_000_000);
        CheckRange(failures, nameof(options.MaxOriginsPerTopic), options.MaxOriginsPerTopic, 1, 65_536);
        CheckRange(failures, nameof(options.MaxProducersPerTopic), options.MaxProducersPerTopic, 1, 1_000_000);
        CheckRange(failures, nameof(options.SegmentBytes), options.SegmentBytes, 1024, 16 * 1024 * 1024);
        CheckRange(failures, nameof(options.MaxPendingBytes), options.MaxPendingBytes, EventLimits.MaxBatchBytes, long.MaxValue);
        CheckRange(failures, nameof(options.MaxTopicBytes), options.MaxTopicBytes, options.SegmentBytes, long.MaxValue);
        CheckRange(failures, nameof(options.MaxTotalBytes), options.MaxTotalBytes, options.MaxTopicBytes, long.MaxValue);
        if (options.ProducerMemory < ProducerTable.MinIdle || options.ProducerMemory > TimeSpan.FromDays(365))
        {
            failures.Add($"{MemoryStorageOptions.Section}:{nameof(options.ProducerMemory)} is {options.ProducerMemory}; it must be {ProducerTable.MinIdle} to 365 days.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckRange(List<string> failures, string property, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            failures.Add($"{MemoryStorageOptions.Section}:{property} is {value}; it must be {(max == long.MaxValue ? $"at least {min}" : $"{min} to {max}")}.");
        }
    }
}
