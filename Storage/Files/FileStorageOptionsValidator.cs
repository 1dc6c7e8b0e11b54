using EventMesh.Core.Events;
using EventMesh.Core.Topics;
using EventMesh.Storage.Producers;
using Microsoft.Extensions.Options;

namespace EventMesh.Storage.Files;

/// <summary>Refuses limits that are out of range, contradict each other, or would leave no room for what the store must hold.</summary>
public sealed class FileStorageOptionsValidator : IValidateOptions<FileStorageOptions>
{
    private const int MiB = 1024 * 1024;

    // Every sweep compares every topic with the rules one after another.
    private const int MaxRules = 1_000;

    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, FileStorageOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        CheckSizes(failures, options);
        CheckNumbers(failures, options);
        CheckRetention(failures, options);
        CheckTopics(failures, options.Topics);
        CheckDurabilities(failures, options);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckSizes(List<string> failures, FileStorageOptions options)
    {
        CheckRange(failures, nameof(options.SegmentBytes), options.SegmentBytes, 8 * MiB, 1024 * MiB);
        CheckRange(failures, nameof(options.SpareSegments), options.SpareSegments, 1, 16);
        CheckRange(failures, nameof(options.GroupBytes), options.GroupBytes, 64 * 1024, 16 * MiB);
        CheckRange(failures, nameof(options.MaxPendingBytes), options.MaxPendingBytes, EventLimits.MaxBatchBytes, long.MaxValue);
        CheckRange(failures, nameof(options.IndexCacheBytes), options.IndexCacheBytes, MiB, long.MaxValue);

        // A segment that a few groups fill would be begun, sealed and indexed at almost every flush.
        if (options.GroupBytes > options.SegmentBytes / 4)
        {
            failures.Add($"{Key(nameof(options.GroupBytes))} is {options.GroupBytes}; it must be at most a quarter of SegmentBytes, {options.SegmentBytes / 4}.");
        }

        if (options.MaxPendingBytes < options.GroupBytes)
        {
            failures.Add($"{Key(nameof(options.MaxPendingBytes))} is {options.MaxPendingBytes}; it must be at least GroupBytes, {options.GroupBytes}.");
        }
    }

    private static void CheckNumbers(List<string> failures, FileStorageOptions options)
    {
        CheckRange(failures, nameof(options.MaxTopics), options.MaxTopics, 1, 100_000_000);
        CheckRange(failures, nameof(options.MaxOriginsPerTopic), options.MaxOriginsPerTopic, 1, 65_536);
        CheckRange(failures, nameof(options.MaxProducersPerTopic), options.MaxProducersPerTopic, 1, 1_000_000);
        CheckRange(failures, nameof(options.ProducerMemory), options.ProducerMemory, ProducerTable.MinIdle, Year);
    }

    private static void CheckRetention(List<string> failures, FileStorageOptions options)
    {
        CheckRange(failures, nameof(options.RetentionAge), options.RetentionAge, TimeSpan.Zero, Longest);
        CheckRange(failures, nameof(options.RetentionBytes), options.RetentionBytes, 0, long.MaxValue);
        CheckRange(failures, nameof(options.RetentionCount), options.RetentionCount, 0, long.MaxValue);
        CheckRange(failures, nameof(options.RetentionInterval), options.RetentionInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));
        CheckRange(failures, nameof(options.RewriteBelowPercent), options.RewriteBelowPercent, 0, 75);
        CheckRange(failures, nameof(options.DeletedTopicMemory), options.DeletedTopicMemory, TimeSpan.FromHours(1), Longest);

        // The segment that is written never goes: with less than one more, every record would go as soon as it is sealed.
        var least = 2L * options.SegmentBytes;
        if (options.MaxTotalBytes < 0 || (options.MaxTotalBytes > 0 && options.MaxTotalBytes < least))
        {
            failures.Add($"{Key(nameof(options.MaxTotalBytes))} is {options.MaxTotalBytes}; it must be 0 for no limit, or at least two segments, {least}.");
        }
    }

    private static void CheckTopics(List<string> failures, IList<TopicRetention> rules)
    {
        CheckRange(failures, $"{nameof(FileStorageOptions.Topics)} (count)", rules.Count, 0, MaxRules);
        for (var i = 0; i < rules.Count; i++)
        {
            var (rule, key) = (rules[i], $"{nameof(FileStorageOptions.Topics)}:{i}");
            CheckPattern(failures, $"{key}:{nameof(rule.Pattern)}", rule.Pattern);
            CheckRange(failures, $"{key}:{nameof(rule.Age)}", rule.Age, TimeSpan.Zero, Longest);
            CheckRange(failures, $"{key}:{nameof(rule.Bytes)}", rule.Bytes, 0, long.MaxValue);
            CheckRange(failures, $"{key}:{nameof(rule.Count)}", rule.Count, 0, long.MaxValue);
        }
    }

    private static void CheckDurabilities(List<string> failures, FileStorageOptions options)
    {
        CheckDurability(failures, nameof(options.Durability), options.Durability);
        CheckRange(failures, $"{nameof(options.Durabilities)} (count)", options.Durabilities.Count, 0, MaxRules);
        for (var i = 0; i < options.Durabilities.Count; i++)
        {
            var (rule, key) = (options.Durabilities[i], $"{nameof(options.Durabilities)}:{i}");
            CheckPattern(failures, $"{key}:{nameof(rule.Pattern)}", rule.Pattern);
            CheckDurability(failures, $"{key}:{nameof(rule.Durability)}", rule.Durability);
        }
    }

    private static void CheckPattern(List<string> failures, string property, string pattern)
    {
        if (!TopicPattern.TryParse(pattern, out _))
        {
            failures.Add($"{Key(property)} is '{pattern}'; it must be a pattern such as orders.*.created or orders.>.");
        }
    }

    private static void CheckDurability(List<string> failures, string property, Durability durability)
    {
        if (durability is not (Durability.Memory or Durability.Os or Durability.Disk))
        {
            failures.Add($"{Key(property)} is {durability}; it must be Memory, Os or Disk.");
        }
    }

    private static void CheckRange(List<string> failures, string property, long value, long min, long max)
    {
        if (value < min || value > max)
        {
            failures.Add($"{Key(property)} is {value}; it must be {(max == long.MaxValue ? $"at least {min}" : $"{min} to {max}")}.");
        }
    }

    private static void CheckRange(List<string> failures, string property, TimeSpan value, TimeSpan min, TimeSpan max)
    {
        if (value < min || value > max)
        {
            failures.Add($"{Key(property)} is {value}; it must be {min} to {max}.");
        }
    }

    private static string Key(string property) => $"{FileStorageOptions.Section}:{property}";
}
