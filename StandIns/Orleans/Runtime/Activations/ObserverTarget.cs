// An object that grains call back.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>
/// Runs its calls one after the other on the pool. Holds its object weakly: calls to one that has been collected or deleted are dropped, and
/// their callers time out.
/// </summary>
internal sealed class ObserverTarget(CallSender home, GrainId id, IAddressable observer) : ICallTarget
{
    private readonly WeakReference<IAddressable> _observer = new(observer);
    private readonly Lock _gate = new();
    private readonly Queue<GrainCall> _waiting = new();
    private bool _running;

    public ICallSender Home => home;

    public GrainId Id => id;

    public bool TryReceive(GrainCall call)
    {
        if (call.Method.AlwaysInterleave)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.Item1.RunAsync(state.call), (this, call), preferLocal: false);
            return true;
        }

        lock (_gate)
        {
            _waiting.Enqueue(call);
            if (_running)
            {
                return true;
            }

            _running = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static state => _ = state.RunAllAsync(), this, preferLocal: false);
        return true;
    }

    public void SignalCancellation(GrainCall call) =>
        ThreadPool.UnsafeQueueUserWorkItem(static state => state.CancelCallee(), call, preferLocal: false);

    private async Task RunAllAsync()
    {
        while (TryTake(out GrainCall? call))
        {
            await RunAsync(call);
        }
    }

    private bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out GrainCall? call)
    {
        lock (_gate)
        {
            _running = _waiting.TryDequeue(out call);
            return _running;
        }
    }

    private async Task RunAsync(GrainCall call)
    {
        if (call.IsAbandoned || !_observer.TryGetTarget(out IAddressable? target))
        {
            return;
        }

        if (call.Run(target) is { } pending)
        {
            await pending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            call.Harvest(pending);
        }

        call.SealOutcome();
        home.Cluster.Respond(call);
    }
}
