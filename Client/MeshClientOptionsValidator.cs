using System.Numerics;
using EventMesh.Core.Errors;
using Microsoft.Extensions.Options;

namespace EventMesh.Client;

/// <summary>Refuses settings out of their range, naming each.</summary>
public sealed class MeshClientOptionsValidator : IValidateOptions<MeshClientOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, MeshClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        Check(failures, nameof(options.MaxPendingEvents), options.MaxPendingEvents, 1, 1_000_000);
        Check(failures, nameof(options.MaxPendingBytes), options.MaxPendingBytes, 1024L, 1024L * 1024 * 1024);
        Check(failures, nameof(options.MaxWaitingPublishes), options.MaxWaitingPublishes, 0, 10_000_000);
        Check(failures, nameof(options.MaxMessagesUnderWay), options.MaxMessagesUnderWay, 1, 64);
        Check(failures, nameof(options.MaxMessageEvents), options.MaxMessageEvents, 1, 65_536);
        Check(failures, nameof(options.MaxMessageBytes), options.MaxMessageBytes, 1024, 4 * 1024 * 1024);
        Check(failures, nameof(options.MaxSubscriptionTopics), options.MaxSubscriptionTopics, 1, 1_000_000);
        Check(failures, nameof(options.MaxProducerTopics), options.MaxProducerTopics, 1, 1_000_000);
        Check(failures, nameof(options.MaxRetryTime), options.MaxRetryTime, 0, 240);
        Check(failures, nameof(options.RequestTimeout), options.RequestTimeout, 0.1, 600);
        Check(failures, nameof(options.ConnectTimeout), options.ConnectTimeout, 0.1, 300);
        Check(failures, nameof(options.ReconnectDelay), options.ReconnectDelay, 0.001, 60);
        Check(failures, nameof(options.MaxReconnectDelay), options.MaxReconnectDelay, options.ReconnectDelay.TotalSeconds, 3_600);
        if (options.Serializer is null)
        {
            failures.Add($"{nameof(options.Serializer)} is missing.");
        }

        if (options.TimeProvider is null)
        {
            failures.Add($"{nameof(options.TimeProvider)} is missing.");
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    internal static MeshClientOptions Checked(MeshClientOptions? options)
    {
        options ??= new MeshClientOptions();
        var result = new MeshClientOptionsValidator().Validate(null, options);
        return result.Succeeded
            ? options
            : throw new EventMeshException(MeshErrorCode.InvalidConfiguration, string.Join(' ', result.Failures ?? []));
    }

    private static void Check(List<string> failures, string property, TimeSpan value, double minSeconds, double maxSeconds) =>
        Check(failures, property, value.TotalSeconds, minSeconds, maxSeconds, " s");

    private static void Check<T>(List<string> failures, string property, T value, T min, T max, string unit = "")
        where T : INumber<T>
    {
        if (value < min || value > max)
        {
            failures.Add($"{property} is {value}{unit}; it must be {min} to {max}{unit}.");
        }
    }
}
