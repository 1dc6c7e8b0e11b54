using EventMesh.Hosting.Node;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Doors;

internal sealed partial class SubscribeHandler
{
    [LoggerMessage(EventIds.SubscriptionOpened, LogLevel.Debug, "A subscription to {Patterns} patterns is open, from {Start}")]
    private static partial void LogOpened(ILogger logger, int patterns, SubscribeStart start);

    [LoggerMessage(EventIds.SubscriptionEnded, LogLevel.Debug, "A subscription has ended")]
    private static partial void LogEnded(ILogger logger);

    [LoggerMessage(
        EventIds.CursorsRewound,
        LogLevel.Warning,
        "A subscriber came back with cursors of another log in {Topics} topics; it starts over there and is told so")]
    private static partial void LogRewound(ILogger logger, int topics);
}
