// Asks for faults.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Microsoft.Extensions.DependencyInjection;

using Orleans.Hosting;

namespace EventMesh.StandIns;

public static class FaultSiloBuilderExtensions
{
    /// <summary>Applies to the whole cluster; the options of the first silo count.</summary>
    public static ISiloBuilder UseFaults(this ISiloBuilder builder, FaultOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        if (options.LoseResponses is not (>= 0 and <= 1) || options.DeactivateIdle is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(options), "LoseResponses and DeactivateIdle are shares from 0 to 1.");
        }

        builder.Services.AddSingleton(options);
        return builder;
    }
}
