using EventMesh.Core.Errors;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Silo;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Interest;

/// <summary>Keeps this silo's <see cref="InterestTable"/> and the node's interest grain in step.</summary>
/// <remarks>
/// One statement is under way at a time and at most one every 20 ms: what changes meanwhile is in the next. Once a second, and whenever the membership changes,
/// the silo asks whether it missed something; another epoch makes it state its set again. Sets of silos that are not gone are never dropped.
/// </remarks>
internal sealed partial class InterestSync : IDisposable
{
    private static readonly TimeSpan ReportPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(1);

    private readonly InterestTable _table;
    private readonly IMeshMembership _membership;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly SemaphoreSlim _ask = new(0, 1);
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _appliedChanged = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IDisposable? _watch;
    private Task _running = Task.CompletedTask;
    private long _epoch;
    private long _view;
    private long _applied;
    private bool _mustRestate;

    public InterestSync(
        InterestTable table, IMeshMembership membership, [FromKeyedServices(MeshTime.Key)] TimeProvider time, ILogger<InterestSync> logger)
    {
        _table = table;
        _membership = membership;
        _time = time;
        _logger = logger;
        table.OnLocalChange = () => Release(_wake);
    }

    /// <summary>Ends when the table holds the sets of all silos for the first time.</summary>
    public Task Complete => _complete.Task;

    /// <summary>States the silo's set and begins to follow.</summary>
    public void Start(string silo, IInterestGrain grain, ISiloObserver observer)
    {
        _mustRestate = true;
        _watch = _membership.OnChanged(OnMembershipChanged);
        _running = Task.WhenAll(
            Task.Run(() => ReportAsync(silo, grain, observer)),
            Task.Run(() => AskAsync(silo, grain)));
        Release(_wake);
    }

    /// <summary>Waits until every silo of the node has applied version <paramref name="version"/> of the local set: the gate.</summary>
    public async Task WaitAppliedAsync(long version, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_applied >= version)
                {
                    return;
                }

                changed = _appliedChanged.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes sets that the grain pushed.</summary>
    public void Apply(long epoch, long tableVersion, InterestSet[] sets)
    {
        ApplySets(sets);
        lock (_gate)
        {
            if (epoch == _epoch)
            {
                _view = Math.Max(_view, tableVersion);
            }
        }
    }

    /// <summary>States and asks no longer; whoever waits for the table is told that the silo stops.</summary>
    public async Task StopAsync()
    {
        _watch?.Dispose();
        await _stop.CancelAsync();
        if (_complete.TrySetException(new EventMeshException(MeshErrorCode.NodeNotReady, "The silo is stopping.")))
        {
            // Perhaps nobody waits, and an exception that nobody has seen is reported as a fault.
            _ = _complete.Task.Exception;
        }

        await _running;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _wake.Dispose();
        _ask.Dispose();
    }

    private static void Release(SemaphoreSlim signal)
    {
        try
        {
            signal.Release();
        }
        catch (Exception pending) when (pending is SemaphoreFullException or ObjectDisposedException)
        {
            // The signal is up already, or nobody waits for it any more.
        }
    }

    private void OnMembershipChanged()
    {
        _table.Drop(_membership.Current.Gone.Contains);
        Release(_ask);
    }

    private async Task ReportAsync(string silo, IInterestGrain grain, ISiloObserver observer)
    {
        while (await WaitAsync(_wake, Timeout.InfiniteTimeSpan))
        {
            var mustStateAgain = false;
            if (MustState())
            {
                mustStateAgain = !await StateAsync(grain, _table.LocalSet(silo, observer));
            }

            await PauseAsync(mustStateAgain ? RetryPause : ReportPause);
            if (mustStateAgain)
            {
                Restate();
            }
        }
    }

    private async Task<bool> StateAsync(IInterestGrain grain, InterestSet set)
    {
        try
        {
            var (epoch, view) = View();
            var reply = await grain.StateAsync(set, epoch, view).WaitAsync(_stop.Token);
            ApplySets(reply.Sets);
            Adopt(reply, set.Version);
            return reply.IsApplied;
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            // Stating is harmless to repeat, and nothing else helps: whoever waits at the gate has a limit of its own.
            LogNotStated(_logger, set.Version, failure);
            return false;
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
            return true;
        }
    }

    private async Task AskAsync(string silo, IInterestGrain grain)
    {
        while (await WaitAsync(_ask, _complete.Task.IsCompleted ? AskInterval : RetryPause))
        {
            try
            {
                var (epoch, view) = View();
                if (epoch == 0)
                {
                    continue;
                }

                var reply = await grain.LoadAsync(silo, epoch, view).WaitAsync(_stop.Token);
                ApplySets(reply.Sets);
                if (reply.Epoch != epoch)
                {
                    LogRestated(_logger, reply.Epoch);
                    Restate();
                }
                else
                {
                    Adopt(reply, statedVersion: 0);
                }
            }
            catch (Exception failure) when (!_stop.IsCancellationRequested)
            {
                LogSyncFailed(_logger, failure);
            }
            catch (OperationCanceledException)
            {
                // The silo stops; the next wait says so.
            }
        }
    }

    /// <summary>Takes over the view that a reply gives, now that its sets are applied.</summary>
    private void Adopt(InterestReply reply, long statedVersion)
    {
        lock (_gate)
        {
            _view = reply.Epoch == _epoch ? Math.Max(_view, reply.TableVersion) : reply.TableVersion;
            _epoch = reply.Epoch;
            if (reply.IsApplied && statedVersion > _applied)
            {
                _applied = statedVersion;
                var changed = _appliedChanged;
                _appliedChanged = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                changed.SetResult();
            }
        }

        if (reply.IsComplete && _complete.TrySetResult())
        {
            LogComplete(_logger, reply.Epoch, reply.TableVersion);
        }
    }

    private void ApplySets(InterestSet[] sets)
    {
        foreach (var set in sets)
        {
            if (!_membership.Current.Gone.Contains(set.Silo))
            {
                _table.Apply(set);
            }
        }
    }

    private (long Epoch, long Version) View()
    {
        lock (_gate)
        {
            return (_epoch, _view);
        }
    }

    private bool MustState()
    {
        lock (_gate)
        {
            var must = _mustRestate || _table.LocalVersion > _applied;
            _mustRestate = false;
            return must;
        }
    }

    private void Restate()
    {
        lock (_gate)
        {
            _mustRestate = true;
        }

        Release(_wake);
    }

    /// <summary>Waits for the signal or the interval; false when the silo stops.</summary>
    private async Task<bool> WaitAsync(SemaphoreSlim signal, TimeSpan interval)
    {
        using var timer = new CancellationTokenSource(interval, _time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, timer.Token);
        try
        {
            await signal.WaitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            // The interval is over, or the silo stops: the answer tells which.
        }

        return !_stop.IsCancellationRequested;
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _time, _stop.Token);
        }
        catch (OperationCanceledException)
        {
            // The silo stops; the next wait says so.
        }
    }
}
