using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Doors;

internal sealed partial class MeshDoor
{
    [LoggerMessage(EventIds.CallFailed, LogLevel.Error, "A call of {Method} failed without a numbered reason")]
    private static partial void LogFailed(ILogger logger, Exception exception, string method);
}
