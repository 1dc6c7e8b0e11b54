// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Grpc.AspNetCore.Server.Internal;

internal static partial class ServerLog
{
    [LoggerMessage(9500, LogLevel.Information, "Request content-type of '{ContentType}' is not supported.")]
    public static partial void UnsupportedContentType(ILogger logger, string? contentType);

    [LoggerMessage(9501, LogLevel.Information, "Request protocol of '{Protocol}' is not supported.")]
    public static partial void UnsupportedProtocol(ILogger logger, string protocol);

    [LoggerMessage(9502, LogLevel.Error, "Error when executing service method '{Method}'.")]
    public static partial void HandlerFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(9503, LogLevel.Information, "Service method '{Method}' was canceled.")]
    public static partial void HandlerCancelled(ILogger logger, string method, Exception exception);

    [LoggerMessage(9504, LogLevel.Information, "Service method '{Method}' ended with '{StatusCode}': '{Detail}'.")]
    public static partial void HandlerRefused(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(9505, LogLevel.Debug, "The deadline of '{Method}' has passed.")]
    public static partial void DeadlineExceeded(ILogger logger, string method);

    [LoggerMessage(9506, LogLevel.Error, "Could not end '{Method}' at its deadline.")]
    public static partial void DeadlineFailed(ILogger logger, string method, Exception exception);
}
