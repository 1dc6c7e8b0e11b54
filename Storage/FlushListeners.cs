using System.Runtime.InteropServices;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Topics;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files;

/// <summary>Who hears of flushes. Thread-safe; telling is the writing thread's.</summary>
internal sealed partial class FlushListeners(ILogger logger)
{
    private readonly Lock _gate = new();
    private readonly List<TopicAdvance> _advances = [];
    private IFlushListener[] _listeners = [];
    private long _version;

    /// <summary>See <see cref="IEventLog.FlushVersion"/>.</summary>
    public long Version => Volatile.Read(ref _version);

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

    /// <summary>Tells all that <paramref name="topics"/> have new read limits.</summary>
    public void Tell(IReadOnlyList<TopicLog> topics)
    {
        Volatile.Write(ref _version, _version + 1);
        var listeners = Volatile.Read(ref _listeners);
        if (listeners.Length == 0)
        {
            return;
        }

        _advances.Clear();
        foreach (var topic in topics)
        {
            lock (topic.Gate)
            {
                _advances.Add(new TopicAdvance(topic.Name, new LogOffset(topic.Limit)));
            }
        }

        foreach (var listener in listeners)
        {
            Tell(listener);
        }
    }

    private void Tell(IFlushListener listener)
    {
        try
        {
            listener.OnFlushed(CollectionsMarshal.AsSpan(_advances));
        }
        catch (Exception e)
        {
            // A listener that breaks its promise must not keep receipts from others.
            LogListenerFailed(listener.GetType().Name, e);
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
