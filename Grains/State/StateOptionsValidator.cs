using EventMesh.Core.Errors;
using Microsoft.Extensions.Options;

namespace EventMesh.Grains.State;

/// <summary>Checks every value of <see cref="StateOptions"/>; a message begins with the configuration key.</summary>
public sealed class StateOptionsValidator : IValidateOptions<StateOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, StateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var failures = new List<string>();
        CheckRange(failures, nameof(options.MaxEntries), options.MaxEntries, 1, 10_000_000);
        CheckRange(failures, nameof(options.MaxBytes), options.MaxBytes, 64 * 1024, 4L * 1024 * 1024 * 1024);
        CheckRange(failures, nameof(options.MaxValueBytes), options.MaxValueBytes, 1024, 1000 * 1024);
        CheckRange(failures, nameof(options.CompactMinBytes), options.CompactMinBytes, 1024, 1024 * 1024 * 1024);
        CheckRange(failures, nameof(options.CompactRatio), options.CompactRatio, 0.1, 100);
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckRange(List<string> failures, string key, double value, double min, double max)
    {
        // Not a number is in no range.
        if (!(value >= min && value <= max))
        {
            failures.Add(FormattableString.Invariant(
                $"{MeshErrorCode.InvalidConfiguration.ToLabel()} {StateOptions.Section}:{key}: {value} must be {min} to {max}."));
        }
    }
}
