// Stages of starting and stopping, and who takes part in them.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans;

public interface ILifecycleObserver
{
    Task OnStart(CancellationToken cancellationToken = default);

    Task OnStop(CancellationToken cancellationToken = default);
}

/// <summary>Starts stages from low to high and stops those that were begun from high to low; within a stage all run together.</summary>
public interface ILifecycleObservable
{
    /// <exception cref="InvalidOperationException">The lifecycle has started.</exception>
    IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer);
}

/// <summary>Registered as a service, is asked to subscribe before the first stage starts.</summary>
public interface ILifecycleParticipant<TLifecycleObservable>
    where TLifecycleObservable : ILifecycleObservable
{
    void Participate(TLifecycleObservable lifecycle);
}

public interface ILifecycleSubject : ILifecycleObservable, ILifecycleObserver;

/// <summary>The lifecycle of a client.</summary>
public interface IClusterClientLifecycle : ILifecycleObservable;

public static class ServiceLifecycleStage
{
    public const int First = int.MinValue;
    public const int RuntimeInitialize = 2000;
    public const int RuntimeServices = 4000;
    public const int RuntimeStorageServices = 6000;
    public const int RuntimeGrainServices = 8000;
    public const int AfterRuntimeGrainServices = 8100;
    public const int ApplicationServices = 10000;
    public const int BecomeActive = Active - 1;
    public const int Active = 20000;
    public const int Last = int.MaxValue;
}
