using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Doors;

internal sealed partial class ClientDoors
{
    [LoggerMessage(EventIds.DoorsOpened, LogLevel.Information, "The client doors are open")]
    private static partial void LogOpened(ILogger logger);

    [LoggerMessage(EventIds.DoorsClosing, LogLevel.Information, "The client doors are closing; {Calls} calls are inside")]
    private static partial void LogClosing(ILogger logger, int calls);

    [LoggerMessage(EventIds.CallsAbandoned, LogLevel.Warning, "Calls were still inside when the time to close the client doors was over; they are cut off")]
    private static partial void LogAbandoned(ILogger logger);

    [LoggerMessage(EventIds.DoorsClosed, LogLevel.Information, "The client doors are closed")]
    private static partial void LogClosed(ILogger logger);
}
