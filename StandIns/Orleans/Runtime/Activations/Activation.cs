// One activation of a grain: its identity and its parts.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;

using Microsoft.Extensions.DependencyInjection;

using Orleans;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>
/// From the first call for its grain id until it has gone: Activating, Valid, Deactivating, Ended. The gate guards state and queues and is
/// never held while grain code runs.
/// </summary>
internal sealed partial class Activation : IGrainContext, ICallTarget
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _deactivated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<GrainTimer> _timers = [];
    private readonly ActivationScheduler _scheduler;
    private GrainReference? _reference;
    private AsyncServiceScope? _scope;
    private object? _instance;

    public Activation(Silo silo, GrainClass grainClass, GrainId grainId)
    {
        Silo = silo;
        Class = grainClass;
        GrainId = grainId;
        _scheduler = new ActivationScheduler(this);
    }

    private enum Phase
    {
        Activating,
        Valid,
        Deactivating,
        Ended,
    }

    public Silo Silo { get; }

    public GrainClass Class { get; }

    public GrainId GrainId { get; }

    public ICallSender Home => Silo.Sender;

    public object? GrainInstance => _instance;

    public Task Deactivated => _deactivated.Task;

    public IServiceProvider ActivationServices => _scope?.ServiceProvider ?? Silo.Services;

    public GrainReference GrainReference =>
        _reference ??= (GrainReference)Silo.Sender.CreateReference(Class.Interfaces[0], GrainId);

    public static Activation Of(IGrainBase grain)
    {
        ArgumentNullException.ThrowIfNull(grain);
        return grain.GrainContext as Activation
            ?? throw new InvalidOperationException("This grain was not created by a silo, so it has no activation.");
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => GrainId.GetHashCode();

    public IGrainTimer RegisterTimer(Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        if (!ReferenceEquals(RuntimeContext.Current, this))
        {
            throw new InvalidOperationException("A grain registers its timers on its own scheduler, not on a thread of the pool.");
        }

        GrainTimer timer = new(this, callback, options);
        lock (_gate)
        {
            _timers.Add(timer);
        }

        timer.Change(options.DueTime, options.Period);
        return timer;
    }

    public void Forget(GrainTimer timer)
    {
        lock (_gate)
        {
            _timers.Remove(timer);
        }
    }

    public override string ToString() => $"[Activation: {Silo.Address}/{GrainId}]";

    private void DisposeTimers()
    {
        GrainTimer[] timers;
        lock (_gate)
        {
            timers = [.. _timers];
        }

        foreach (GrainTimer timer in timers)
        {
            timer.Dispose();
        }
    }
}
