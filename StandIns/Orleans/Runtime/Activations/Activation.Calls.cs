// The calls of an activation: which wait, which run, which may run together.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

using Orleans;
using Orleans.Storage;

namespace EventMesh.StandIns.Runtime;

internal sealed partial class Activation
{
    private const int CallsPerPump = 64;
    private readonly Queue<GrainCall> _ordinary = new();
    private readonly Queue<GrainCall> _interleaving = new();
    private GrainCall? _running;
    private int _runningCount;
    private int _blocking;
    private int _blockingReadOnly;
    private int _waitingReadOnly;
    private long _arrivals;

    public bool TryReceive(GrainCall call)
    {
        lock (_gate)
        {
            if (_phase == Phase.Ended)
            {
                return false;
            }

            call.Arrival = _arrivals++;
            (MayAlwaysRun(call) ? _interleaving : _ordinary).Enqueue(call);
            _waitingReadOnly += call.Method.ReadOnly && !MayAlwaysRun(call) ? 1 : 0;
            _usedSinceLook |= call.CountsAsUse;
        }

        _scheduler.RequestPump();
        return true;
    }

    public void SignalCancellation(GrainCall call)
    {
        bool waiting;
        lock (_gate)
        {
            waiting = TryRemoveOrdinary(call) || TryRemove(_interleaving, call);
        }

        if (waiting)
        {
            call.RespondWith(new OperationCanceledException());
            return;
        }

        _ = _scheduler.Run(() =>
        {
            call.CancelCallee();
            return Task.CompletedTask;
        });
    }

    /// <summary>Starts the calls that may run now. Runs on the scheduler.</summary>
    public void Pump()
    {
        ExecutionContext? clean = ExecutionContext.Capture();
        for (int i = 0; i < CallsPerPump; i++)
        {
            if (!TryBegin(out GrainCall? call))
            {
                return;
            }

            Start(call);
            if (clean is not null)
            {
                ExecutionContext.Restore(clean);
            }
        }

        _scheduler.RequestPump();
    }

    private static bool TryRemove(Queue<GrainCall> calls, GrainCall call)
    {
        if (!calls.Contains(call))
        {
            return false;
        }

        GrainCall[] others = [.. calls.Where(other => !ReferenceEquals(other, call))];
        calls.Clear();
        foreach (GrainCall other in others)
        {
            calls.Enqueue(other);
        }

        return true;
    }

    private bool MayAlwaysRun(GrainCall call) => call.Method.AlwaysInterleave || Class.IsReentrant;

    private bool TryBegin([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out GrainCall? call)
    {
        lock (_gate)
        {
            do
            {
                call = _phase == Phase.Valid ? TakeRunnable() : null;
            }
            while (call is { IsAbandoned: true });

            if (call is not null)
            {
                AddRunning(call);
            }

            return call is not null;
        }
    }

    /// <summary>In the order of arrival; what interleaves goes past what must wait.</summary>
    private GrainCall? TakeRunnable()
    {
        if (Silo.Cluster.Faults is { ReorderCalls: true } faults)
        {
            faults.Rotate(_ordinary);
            faults.Rotate(_interleaving);
        }

        bool interleaves = _interleaving.TryPeek(out GrainCall? interleaving);
        if (_blocking == 0 && _ordinary.TryPeek(out GrainCall? ordinary) && (!interleaves || ordinary.Arrival < interleaving!.Arrival))
        {
            _waitingReadOnly -= ordinary.Method.ReadOnly ? 1 : 0;
            return _ordinary.Dequeue();
        }

        return interleaves ? _interleaving.Dequeue() : TakeReadOnly();
    }

    /// <summary>While only read-only calls run, others of their kind join them.</summary>
    private GrainCall? TakeReadOnly()
    {
        if (_waitingReadOnly == 0 || _blocking != _blockingReadOnly)
        {
            return null;
        }

        GrainCall? call = _ordinary.FirstOrDefault(waiting => waiting.Method.ReadOnly);
        if (call is not null)
        {
            TryRemoveOrdinary(call);
        }

        return call;
    }

    private bool TryRemoveOrdinary(GrainCall call)
    {
        bool removed = TryRemove(_ordinary, call);
        _waitingReadOnly -= removed && call.Method.ReadOnly ? 1 : 0;
        return removed;
    }

    private void Start(GrainCall call)
    {
        Task? pending = call.Run(_instance!);
        if (pending is null)
        {
            Finish(call);
        }
        else
        {
            _ = FinishWhenEndedAsync(call, pending);
        }
    }

    private async Task FinishWhenEndedAsync(GrainCall call, Task pending)
    {
        await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        call.Harvest(pending);
        Finish(call);
    }

    /// <summary>The call is out of the books before its caller hears of it, so what the caller does next finds it gone.</summary>
    private void Finish(GrainCall call)
    {
        EndIfInconsistent(call.Failure);
        call.SealOutcome();
        bool idle;
        bool waiting;
        lock (_gate)
        {
            RemoveRunning(call);
            idle = _runningCount == 0;
            waiting = _ordinary.Count > 0 || _interleaving.Count > 0;
        }

        Silo.Cluster.Respond(call);
        call.OnFinished();
        if (idle)
        {
            OnIdle(waiting);
        }

        if (waiting)
        {
            _scheduler.RequestPump();
        }
    }

    /// <summary>Whose state is not what is stored must begin anew. Only the activation that found out: the mark crosses with the exception.</summary>
    private void EndIfInconsistent(Exception? failure)
    {
        if (failure is InconsistentStateException { IsSourceActivation: true } inconsistent)
        {
            inconsistent.IsSourceActivation = false;
            Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, inconsistent, inconsistent.Message));
        }
    }

    private void OnIdle(bool waiting)
    {
        if (!waiting && Silo.Cluster.Faults?.DeactivatesNow() == true)
        {
            Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, "Deactivated while idle, as the fault options ask."));
        }

        BeginDeactivationWhenIdle();
    }

    private void AddRunning(GrainCall call)
    {
        call.PreviousRunning = null;
        call.NextRunning = _running;
        _running?.PreviousRunning = call;
        _running = call;
        _runningCount++;
        if (!MayAlwaysRun(call))
        {
            _blocking++;
            _blockingReadOnly += call.Method.ReadOnly ? 1 : 0;
        }
    }

    private void RemoveRunning(GrainCall call)
    {
        call.NextRunning?.PreviousRunning = call.PreviousRunning;
        if (call.PreviousRunning is { } previous)
        {
            previous.NextRunning = call.NextRunning;
        }
        else if (ReferenceEquals(_running, call))
        {
            _running = call.NextRunning;
        }

        call.NextRunning = null;
        call.PreviousRunning = null;
        _runningCount--;
        if (!MayAlwaysRun(call))
        {
            _blocking--;
            _blockingReadOnly -= call.Method.ReadOnly ? 1 : 0;
        }
    }
}
