using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Interest;

internal sealed partial class InterestSync
{
    [LoggerMessage(EventIds.InterestNotStated, LogLevel.Warning, "The silo's interest {Version} could not be stated; trying again.")]
    private static partial void LogNotStated(ILogger logger, long version, Exception failure);

    [LoggerMessage(EventIds.InterestRestated, LogLevel.Information, "The node's interest is gathered anew in epoch {Epoch}; stating this silo's again.")]
    private static partial void LogRestated(ILogger logger, long epoch);

    [LoggerMessage(EventIds.TableComplete, LogLevel.Information, "The routing table is complete: epoch {Epoch}, version {Version}.")]
    private static partial void LogComplete(ILogger logger, long epoch, long version);

    [LoggerMessage(EventIds.SyncFailed, LogLevel.Debug, "The interest grain could not be asked for what was missed; asking again.")]
    private static partial void LogSyncFailed(ILogger logger, Exception failure);
}
