// One call of a grain method, from the proxy to the answer.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Diagnostics;

using EventMesh.StandIns.Copying;

using Orleans.Runtime;

namespace EventMesh.StandIns.Calls;

/// <summary>
/// Emitted per method: holds the arguments, runs the method and hands the outcome to the caller. Whoever ends it first (the answer, a
/// timeout, a cancellation, the end of a silo) wins; the others find it ended.
/// </summary>
internal abstract class GrainCall
{
    private const int Pending = 0;
    private const int Ended = 1;
    private int _state;
    private CancellationTokenRegistration _registration;
    private Action? _cancelCallee;
    private Exception? _failure;

    public abstract MethodTraits Method { get; }

    /// <summary>Null for the ticks of a timer, which have no caller.</summary>
    public ICallSender? Sender { get; private set; }

    public GrainId TargetId { get; private set; }

    /// <summary>Where the call was received last.</summary>
    public ICallTarget? Target { get; set; }

    /// <summary>Its place in the order of arrival at its target.</summary>
    public long Arrival { get; set; }

    /// <summary>The caller waits no longer, so a call that has not begun need not begin.</summary>
    public bool IsAbandoned { get; private set; }

    /// <summary>The caller asked to cancel; a call that has not begun is answered with that.</summary>
    public bool IsCancellationRequested { get; private set; }

    /// <summary>Whether it keeps its activation from being collected.</summary>
    public virtual bool CountsAsUse => true;

    public bool IsEnded => Volatile.Read(ref _state) != Pending;

    /// <summary>Links and deadline within <see cref="OutstandingCalls"/>, guarded by its lock.</summary>
    public GrainCall? OlderOutstanding { get; set; }

    public GrainCall? NewerOutstanding { get; set; }

    public OutstandingCalls? OutstandingIn { get; set; }

    public long Deadline { get; set; }

    /// <summary>Links within the running calls of an activation, guarded by its lock.</summary>
    public GrainCall? PreviousRunning { get; set; }

    public GrainCall? NextRunning { get; set; }

    /// <summary>The argument that is a token; emitted where the method has one.</summary>
    public virtual CancellationToken Token
    {
        get => CancellationToken.None;
        set => throw new InvalidOperationException($"{Method.Name} has no cancellation token.");
    }

    /// <summary>Whether the method takes a token; emitted with <see cref="Token"/>.</summary>
    public virtual bool HasToken => false;

    /// <summary>The token that the caller passed.</summary>
    public CancellationToken CallerToken { get; private set; }

    /// <summary>What the method threw; null while it has not, or has not ended.</summary>
    public Exception? Failure => _failure;

    public void Bind(ICallSender sender, GrainId targetId)
    {
        Sender = sender;
        TargetId = targetId;
    }

    /// <summary>Replaces each argument by its copy.</summary>
    public abstract void CopyArguments(CopyContext context);

    /// <summary>Runs the method. Null: it has ended; otherwise <see cref="Harvest"/> takes the outcome when the task has ended.</summary>
    public Task? Run(object instance)
    {
        try
        {
            return RunCore(instance);
        }
        catch (Exception exception)
        {
            // Whatever a grain method throws is an answer to its caller.
            _failure = exception;
            return null;
        }
    }

    public abstract void Harvest(Task ended);

    /// <summary>Copies the result away from what the grain may change next; an error in that is the answer.</summary>
    public void SealOutcome()
    {
        if (_failure is not null || Method.ImmutableResult)
        {
            return;
        }

        try
        {
            CopyResult(CopyMode.Local, null);
        }
        catch (Exception exception)
        {
            _failure = exception;
        }
    }

    /// <summary>Brings the sealed outcome to the caller.</summary>
    public void Respond()
    {
        if (Sender is null || Method.OneWay || !TryEnd())
        {
            return;
        }

        try
        {
            if (Target is { } target && !ReferenceEquals(target.Home, Sender))
            {
                CopyOutcomeOverWire(Sender);
            }
        }
        catch (Exception exception)
        {
            _failure = exception;
        }

        Deliver();
    }

    /// <summary>Answers with an error, as if the method had thrown it.</summary>
    public void RespondWith(Exception exception)
    {
        _failure = exception;
        Respond();
    }

    /// <summary>The run has ended, whatever became of it.</summary>
    public virtual void OnFinished()
    {
    }

    /// <summary>Ends the call with an error that is not the method's.</summary>
    public void Fail(Exception exception)
    {
        if (TryEnd())
        {
            _failure = exception;
            Deliver();
        }
    }

    /// <summary>Ends a call whose caller waits for nothing.</summary>
    public void EndOneWay()
    {
        if (TryEnd())
        {
            DeliverResult();
        }
    }

    /// <summary>As <see cref="Fail"/>, and says that nobody waits any more.</summary>
    public void Abandon(Exception exception)
    {
        if (TryEnd())
        {
            IsAbandoned = true;
            _failure = exception;
            Deliver();
        }
    }

    /// <summary>Gives the callee a token of its own, which follows the caller's.</summary>
    public void WatchCancellation(Action<GrainCall> onCancelled, CancellationToken callerToken)
    {
        CallerToken = callerToken;
        CancellationTokenSource callee = new();
        _cancelCallee = callee.Cancel;
        Token = callee.Token;
        if (!callerToken.CanBeCanceled)
        {
            return;
        }

        _registration = callerToken.UnsafeRegister(
            static state =>
            {
                (GrainCall call, Action<GrainCall> onCancelled) = ((GrainCall, Action<GrainCall>))state!;
                onCancelled(call);
            },
            (this, onCancelled));
    }

    /// <summary>A caller that waits for nothing cancels nothing.</summary>
    public void DropToken()
    {
        if (HasToken)
        {
            Token = CancellationToken.None;
        }
    }

    public void RequestCancellation()
    {
        IsCancellationRequested = true;

        // Whoever delivers the call sets its target and then looks at the flag: one of the two sees the other.
        Interlocked.MemoryBarrier();
        Target?.SignalCancellation(this);
    }

    /// <summary>Runs on the callee's scheduler.</summary>
    public void CancelCallee()
    {
        try
        {
            _cancelCallee?.Invoke();
        }
        catch (AggregateException exception)
        {
            // What the callee registered at its token has failed: its own affair, told by its answer if at all.
            Debug.WriteLine(exception);
        }
    }

    public override string ToString() => $"{Method.Name} of {TargetId}";

    protected abstract Task? RunCore(object instance);

    protected abstract void CopyResult(CopyMode mode, ICallSender? receiver);

    protected abstract void DeliverResult();

    protected abstract void DeliverFailure(Exception failure);

    protected void SetFailure(Exception failure) => _failure = failure;

    private void CopyOutcomeOverWire(ICallSender receiver)
    {
        if (_failure is null)
        {
            CopyResult(CopyMode.Wire, receiver);
            return;
        }

        using CopyContext context = CopyContext.Rent(CopyMode.Wire, receiver);
        _failure = context.Copy(_failure);
    }

    private bool TryEnd() => Interlocked.CompareExchange(ref _state, Ended, Pending) == Pending;

    private void Deliver()
    {
        Sender?.Forget(this);
        _registration.Unregister();
        if (_failure is { } failure)
        {
            DeliverFailure(failure);
        }
        else
        {
            DeliverResult();
        }
    }
}
