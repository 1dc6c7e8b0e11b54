using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace EventMesh.StandIns.Grpc.Tests;

/// <summary>Collects what the web server itself reports as an error: a call that ended in a way that nobody foresaw.</summary>
public sealed class ServerErrors : ILoggerProvider
{
    public ConcurrentQueue<string> Seen { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(categoryName, Seen);

    public void Dispose()
    {
    }

    private sealed class Logger(string category, ConcurrentQueue<string> seen) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) =>
            logLevel >= LogLevel.Error && category.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                seen.Enqueue($"{category}: {formatter(state, exception)} {exception}");
            }
        }
    }
}
