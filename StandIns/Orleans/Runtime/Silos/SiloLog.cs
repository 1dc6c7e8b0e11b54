// What a silo logs.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Microsoft.Extensions.Logging;

using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

internal sealed partial class SiloLog(ILogger logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(1, LogLevel.Information, "Silo {Name} at {Address} is active in cluster {ClusterId} (stand-in, one process)")]
    public partial void Started(string name, SiloAddress address, string clusterId);

    [LoggerMessage(2, LogLevel.Warning, "Silo {Address} ended without a graceful stop")]
    public partial void Crashed(SiloAddress address);

    [LoggerMessage(3, LogLevel.Warning, "{Activation} failed to activate")]
    public partial void ActivationFailed(Activation activation, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "{Activation} failed to deactivate cleanly")]
    public partial void DeactivationFailed(Activation activation, Exception exception);

    [LoggerMessage(5, LogLevel.Warning, "A timer of {Activation} failed")]
    public partial void TimerFailed(Activation activation, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "Stage {Stage} of the lifecycle failed to stop; stopping goes on")]
    public partial void StopFailed(int stage, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "Some grains of {Address} did not deactivate in time")]
    public partial void DeactivationTimedOut(SiloAddress address);
}
