using Microsoft.Extensions.Logging;

namespace EventMesh.Storage;

/// <summary>Who hears of a log's flushes. Thread-safe; telling is the flushing thread's.</summary>
internal sealed partial class FlushListeners(ILogger logger)
{
    private readonly Lock _gate = new();
    private IFlushListener[] _listeners = [];

    /// <summary>Whether nobody listens.</summary>
    public bool IsEmpty => Volatile.Read(ref _listeners).Length == 0;

    /// <summary>Adds a listener until the result is disposed.</summary>
    public IDisposable Add(IFlushListener listener)
    {
        ArgumentNullException.ThrowIfNull(listener);
        lock (_gate)
        {
            _listeners = [.. _listeners, listener];
        }

        return new Subscription(this, listener);
    }

    /// <summary>Tells all of them.</summary>
    public void Tell(ReadOnlySpan<TopicAdvance> advances)
    {
        foreach (var listener in Volatile.Read(ref _listeners))
        {
            try
            {
                listener.OnFlushed(advances);
            }
            catch (Exception e)
            {
                // A listener that breaks its promise must not keep receipts from others.
                LogListenerFailed(listener.GetType().Name, e);
            }
        }
    }

    private void Remove(IFlushListener listener)
    {
        lock (_gate)
        {
            var index = Array.IndexOf(_listeners, listener);
            _listeners = index < 0 ? _listeners : [.. _listeners[..index], .. _listeners[(index + 1)..]];
        }
    }

    [LoggerMessage(EventIds.FlushListenerFailed, LogLevel.Error, "Flush listener {Listener} failed; sweeps make up for what it missed")]
    private partial void LogListenerFailed(string listener, Exception exception);

    private sealed class Subscription(FlushListeners listeners, IFlushListener listener) : IDisposable
    {
        private int _disposed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                listeners.Remove(listener);
            }
        }
    }
}
