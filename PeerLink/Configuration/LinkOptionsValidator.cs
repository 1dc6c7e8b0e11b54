using System.Globalization;
using EventMesh.Core.Topics;
using Microsoft.Extensions.Options;

namespace EventMesh.PeerLink.Configuration;

/// <summary>Checks every bound of <see cref="LinkOptions"/>; each message names the configuration key.</summary>
public sealed class LinkOptionsValidator : IValidateOptions<LinkOptions>
{
    private const int KiB = 1024;
    private const int MiB = 1024 * KiB;

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, LinkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        CheckTimes(options, failures);
        CheckSizes(options, failures);
        CheckChoices(options, failures);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckTimes(LinkOptions options, List<string> failures)
    {
        Time(nameof(options.HeartbeatInterval), options.HeartbeatInterval, Seconds(2), Seconds(10), failures);
        Time(nameof(options.DialTimeout), options.DialTimeout, Milliseconds(100), Seconds(30), failures);
        Time(nameof(options.HandshakeTimeout), options.HandshakeTimeout, Milliseconds(100), Seconds(30), failures);
        Time(nameof(options.BackoffInitial), options.BackoffInitial, Milliseconds(10), Seconds(30), failures);
        Time(nameof(options.BackoffMax), options.BackoffMax, options.BackoffInitial, TimeSpan.FromMinutes(5), failures);
        Time(nameof(options.SendTimeout), options.SendTimeout, Milliseconds(10), Seconds(30), failures);
        Time(nameof(options.DrainTimeout), options.DrainTimeout, TimeSpan.Zero, Seconds(60), failures);
        Time(nameof(options.StallTimeout), options.StallTimeout, Seconds(5), TimeSpan.FromMinutes(10), failures);
        Time(nameof(options.PauseDelay), options.PauseDelay, Milliseconds(10), Seconds(60), failures);
        Time(nameof(options.SweepInterval), options.SweepInterval, Milliseconds(100), Seconds(60), failures);
    }

    private static void CheckSizes(LinkOptions options, List<string> failures)
    {
        Number(nameof(options.MissedHeartbeats), options.MissedHeartbeats, 2, 10, failures);
        Number(nameof(options.SendQueueFrames), options.SendQueueFrames, 4, 10_000, failures);
        Number(nameof(options.SendQueueBytes), options.SendQueueBytes, 256 * KiB, 64 * MiB, failures);
        Number(nameof(options.CreditBytes), options.CreditBytes, 256 * KiB, 16 * MiB, failures);
        Number(nameof(options.MaxFrameBytes), options.MaxFrameBytes, 4 * KiB, 256 * KiB, failures);
        Number(nameof(options.MaxMessageBytes), options.MaxMessageBytes, 2 * MiB, 16 * MiB, failures);
        Number(nameof(options.MaxInterestPatterns), options.MaxInterestPatterns, 1, 60_000, failures);
        Number(nameof(options.MaxTopics), options.MaxTopics, 16, 1_000_000, failures);
        Number(nameof(options.RememberedTopics), options.RememberedTopics, 16, 1_000_000, failures);
        Number(nameof(options.MaxReads), options.MaxReads, 1, 64, failures);
        Number(nameof(options.ReferenceEventsPerSecond), options.ReferenceEventsPerSecond, 1, 100_000, failures);
        Number(nameof(options.ReferenceBurst), options.ReferenceBurst, 1, 10, failures);
        Number(nameof(options.IngestQueueBytes), options.IngestQueueBytes, 64 * KiB, 64 * MiB, failures);

        // A snapshot of interest is one message: the largest one must fit.
        var largestSnapshot = (long)options.MaxInterestPatterns * (TopicName.MaxBytes + 3) + KiB;
        if (options.MaxMessageBytes < largestSnapshot)
        {
            failures.Add(
                $"{Key(nameof(options.MaxMessageBytes))} is {options.MaxMessageBytes}; "
                + $"{Key(nameof(options.MaxInterestPatterns))} needs at least {largestSnapshot}.");
        }
    }

    private static void CheckChoices(LinkOptions options, List<string> failures)
    {
        if (!Enum.IsDefined(options.DropPolicy))
        {
            failures.Add($"{Key(nameof(options.DropPolicy))} is {options.DropPolicy}; it must be DropOldest or DropNewest.");
        }

        if (!Enum.IsDefined(options.FirstContact))
        {
            failures.Add($"{Key(nameof(options.FirstContact))} is {options.FirstContact}; it must be Live or Earliest.");
        }
    }

    private static void Time(string property, TimeSpan value, TimeSpan min, TimeSpan max, List<string> failures)
    {
        if (value < min || value > max)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Key(property)} is {value}; it must be {min} to {max}."));
        }
    }

    private static void Number(string property, int value, int min, int max, List<string> failures)
    {
        if (value < min || value > max)
        {
            failures.Add(string.Create(CultureInfo.InvariantCulture, $"{Key(property)} is {value}; it must be {min} to {max}."));
        }
    }

    private static string Key(string property) => $"{LinkOptions.SectionName}:{property}";

    private static TimeSpan Seconds(int value) => TimeSpan.FromSeconds(value);

    private static TimeSpan Milliseconds(int value) => TimeSpan.FromMilliseconds(value);
}
