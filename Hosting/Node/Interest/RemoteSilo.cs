using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Interest;

/// <summary>Another silo of the node, as a target of wake-ups: at most one call is under way, and what comes meanwhile is one entry per topic.</summary>
/// <remarks>Bounded: beyond <see cref="MaxPending"/> topics a wake-up is dropped and counted. The silo's sweep finds what it missed.</remarks>
internal sealed partial class RemoteSilo(string silo, NodeInstruments instruments, TimeProvider time, ILogger logger) : IWakeTarget
{
    private const int MaxPending = 16_384;
    private const int MaxTopicsPerCall = 1_024;
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<TopicName, LogOffset> _pending = [];
    private ISiloObserver? _observer;
    private bool _isSending;
    private bool _isGone;

    /// <summary>The silo's set as applied here; null before the first.</summary>
    public InterestSet? Set { get; private set; }

    public bool IsRemote => true;

    /// <summary>Takes a newer set; called by the table alone.</summary>
    public void Take(InterestSet set)
    {
        Set = set;
        Volatile.Write(ref _observer, set.Observer);
    }

    public void Leave()
    {
        lock (_gate)
        {
            _isGone = true;
            _pending.Clear();
        }
    }

    public void OnAdvanced(TopicAdvance advance)
    {
        lock (_gate)
        {
            if (_isGone)
            {
                return;
            }

            if (_pending.Count >= MaxPending && !_pending.ContainsKey(advance.Topic))
            {
                instruments.OnWakeupDropped();
                LogDropped(logger, silo, MaxPending);
                return;
            }

            _pending[advance.Topic] = advance.End;
            if (_isSending)
            {
                return;
            }

            _isSending = true;
        }

        // Off the log's thread, and outside whatever grain's turn led here.
        _ = Task.Run(SendAsync);
    }

    private async Task SendAsync()
    {
        while (Next() is var (topics, ends))
        {
            try
            {
                await Volatile.Read(ref _observer)!.TopicsAdvancedAsync(topics, ends).WaitAsync(CallLimit, time);
            }
            catch (Exception failure)
            {
                // A wake-up is only that: the silo sweeps, and if it is gone the membership will say so.
                LogFailed(logger, silo, failure);
            }
        }
    }

    private (string[] Topics, long[] Ends)? Next()
    {
        lock (_gate)
        {
            if (_pending.Count == 0)
            {
                _isSending = false;
                return null;
            }

            var batch = _pending.Take(MaxTopicsPerCall).ToArray();
            foreach (var (topic, _) in batch)
            {
                _pending.Remove(topic);
            }

            return (Array.ConvertAll(batch, static entry => entry.Key.Value), Array.ConvertAll(batch, static entry => entry.Value.Value));
        }
    }

    [LoggerMessage(EventIds.WakeUpFailed, LogLevel.Debug, "Silo {Silo} could not be woken; it will find out by its sweep.")]
    private static partial void LogFailed(ILogger logger, string silo, Exception failure);

    [LoggerMessage(EventIds.WakeUpsDropped, LogLevel.Warning, "More than {Limit} topics wait to wake silo {Silo}; it will find the others by its sweep.")]
    private static partial void LogDropped(ILogger logger, string silo, int limit);
}
