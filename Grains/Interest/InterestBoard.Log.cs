using Microsoft.Extensions.Logging;

namespace EventMesh.Grains.Interest;

internal sealed partial class InterestBoard
{
    [LoggerMessage(EventIds.InterestEpoch, LogLevel.Information, "The node's interest is gathered in epoch {Epoch}.")]
    private static partial void LogEpoch(ILogger logger, long epoch);

    [LoggerMessage(EventIds.InterestPushFailed, LogLevel.Debug, "Silo {Silo} could not be told of changed interest; trying again.")]
    private static partial void LogPushFailed(ILogger logger, string silo, Exception failure);

    [LoggerMessage(EventIds.InterestGateWaits, LogLevel.Warning, "Interest {Version} of silo {Silo} is not yet applied by {Missing}.")]
    private static partial void LogGateWaits(ILogger logger, string silo, long version, string missing);

    [LoggerMessage(EventIds.InterestDropped, LogLevel.Information, "Silo {Silo} is gone, and its interest with it.")]
    private static partial void LogDropped(ILogger logger, string silo);
}
