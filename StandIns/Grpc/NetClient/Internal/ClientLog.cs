// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Internal;

internal static partial class ClientLog
{
    [LoggerMessage(9550, LogLevel.Debug, "Call of '{Method}' failed with '{StatusCode}': '{Detail}'.")]
    public static partial void CallFailed(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(9551, LogLevel.Warning, "The trailers of '{Method}' cannot be read.")]
    public static partial void BadTrailers(ILogger logger, string method, Exception exception);
}
