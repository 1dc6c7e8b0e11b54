// The beginning and the end of an activation.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

using Microsoft.Extensions.DependencyInjection;

using Orleans;

namespace EventMesh.StandIns.Runtime;

internal sealed partial class Activation
{
    private Phase _phase = Phase.Activating;
    private DeactivationReason? _endReason;
    private bool _ending;
    private bool _usedSinceLook = true;
    private long _idleSince;
    private long _keepUntil;

    public void Start() => _ = _scheduler.Run(ActivateAsync);

    public void DeactivateOnIdle() =>
        Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "DeactivateOnIdle was called."));

    public void DelayDeactivation(TimeSpan timeSpan) => Volatile.Write(
        ref _keepUntil,
        timeSpan == TimeSpan.MaxValue || timeSpan == Timeout.InfiniteTimeSpan
            ? long.MaxValue
            : Silo.Time.GetTimestamp() + (long)(timeSpan.TotalSeconds * Silo.Time.TimestampFrequency));

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_phase is Phase.Deactivating or Phase.Ended || _endReason is not null)
            {
                return;
            }

            _endReason = deactivationReason;
            if (_phase == Phase.Activating)
            {
                return;
            }

            _phase = Phase.Deactivating;
        }

        BeginDeactivationWhenIdle();
    }

    /// <summary>Ends without any grain code, as by a crash; returns the calls that nobody will answer.</summary>
    public List<GrainCall> Vanish()
    {
        List<GrainCall> lost;
        lock (_gate)
        {
            _phase = Phase.Ended;
            _ending = true;
            lost = TakeWaiting();
            for (GrainCall? call = _running; call is not null; call = call.NextRunning)
            {
                lost.Add(call);
            }
        }

        DisposeTimers();
        _deactivated.TrySetResult();
        return lost;
    }

    /// <summary>Called by the collector at every look; true when the activation has been idle for its age.</summary>
    public bool IsCollectible(long now)
    {
        lock (_gate)
        {
            if (_usedSinceLook || _runningCount > 0)
            {
                _usedSinceLook = false;
                _idleSince = now;
                return false;
            }

            return _phase == Phase.Valid && Class.CollectionAge != Timeout.InfiniteTimeSpan && now >= _keepUntil
                && Silo.Time.GetElapsedTime(_idleSince, now) >= Class.CollectionAge;
        }
    }

    private async Task ActivateAsync()
    {
        try
        {
            _scope = Silo.Services.CreateAsyncScope();
            _instance = Class.Create(ActivationServices);
            using CancellationTokenSource limit = new(Silo.Settings.Collection.ActivationTimeout, Silo.Time);
            await ((IGrainBase)_instance).OnActivateAsync(limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception exception)
        {
            // The callers that wait get this error; the next call tries again.
            Silo.Log.ActivationFailed(this, exception);
            await EndAsync(exception);
            return;
        }

        lock (_gate)
        {
            _phase = _phase == Phase.Ended ? Phase.Ended : _endReason is null ? Phase.Valid : Phase.Deactivating;
        }

        BeginDeactivationWhenIdle();
        _scheduler.RequestPump();
    }

    private void BeginDeactivationWhenIdle()
    {
        lock (_gate)
        {
            if (_phase != Phase.Deactivating || _ending || _runningCount > 0)
            {
                return;
            }

            _ending = true;
        }

        _ = _scheduler.Run(DeactivateAsync);
    }

    private async Task DeactivateAsync()
    {
        DisposeTimers();
        try
        {
            using CancellationTokenSource limit = new(Silo.Settings.Collection.DeactivationTimeout, Silo.Time);
            await ((IGrainBase)_instance!).OnDeactivateAsync(_endReason!.Value, limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception exception)
        {
            // An activation that fails to say goodbye goes all the same.
            Silo.Log.DeactivationFailed(this, exception);
        }

        await EndAsync(null);
    }

    private async Task EndAsync(Exception? failure)
    {
        List<GrainCall> waiting;
        lock (_gate)
        {
            _phase = Phase.Ended;
            waiting = TakeWaiting();
        }

        Silo.Activations.Remove(this);
        await DisposeInstanceAsync();
        _deactivated.TrySetResult();
        foreach (GrainCall call in waiting.Where(call => call.Sender is not null))
        {
            if (failure is null)
            {
                Silo.Cluster.Reroute(call);
            }
            else
            {
                call.RespondWith(failure);
            }
        }
    }

    private List<GrainCall> TakeWaiting()
    {
        List<GrainCall> waiting = [.. _ordinary.Concat(_interleaving).OrderBy(call => call.Arrival)];
        _ordinary.Clear();
        _interleaving.Clear();
        _waitingReadOnly = 0;
        return waiting;
    }

    private async Task DisposeInstanceAsync()
    {
        try
        {
            switch (_instance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }

            if (_scope is { } scope)
            {
                await scope.DisposeAsync();
            }
        }
        catch (Exception exception)
        {
            // As with OnDeactivateAsync: the activation goes all the same.
            Silo.Log.DeactivationFailed(this, exception);
        }

        _instance = null;
    }
}
