// Runs the stages of a lifecycle.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Orleans;
using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>One start and one stop, each by one caller.</summary>
internal sealed class LifecycleStages(Action<int, Exception> onStopFailure) : ISiloLifecycle, IClusterClientLifecycle
{
    private readonly List<Subscription> _subscriptions = [];
    private int? _highestBegun;

    public int HighestCompletedStage { get; private set; } = int.MinValue;

    public int LowestStoppedStage { get; private set; } = int.MaxValue;

    public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
    {
        ArgumentNullException.ThrowIfNull(observer);
        if (_highestBegun is not null)
        {
            throw new InvalidOperationException("Lifecycle has already been started.");
        }

        Subscription subscription = new(stage, observer);
        _subscriptions.Add(subscription);
        return subscription;
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_highestBegun is not null)
        {
            throw new InvalidOperationException("Lifecycle has already been started.");
        }

        foreach (IGrouping<int, Subscription> stage in _subscriptions.GroupBy(one => one.Stage).OrderBy(group => group.Key))
        {
            if (cancellationToken.IsCancellationRequested)
            {
                throw new OrleansLifecycleCanceledException($"Lifecycle start canceled at stage {stage.Key} by request.");
            }

            _highestBegun = stage.Key;
            await Task.WhenAll(stage.Select(one => Run(one.Observer, observer => observer.OnStart(cancellationToken))));
            HighestCompletedStage = stage.Key;
        }
    }

    /// <summary>Stops what was begun; a stage that fails does not keep the lower ones from stopping.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (IGrouping<int, Subscription> stage in _subscriptions
            .Where(one => one.Stage <= _highestBegun)
            .GroupBy(one => one.Stage)
            .OrderByDescending(group => group.Key))
        {
            _highestBegun = stage.Key;
            try
            {
                await Task.WhenAll(stage.Select(one => Run(one.Observer, observer => observer.OnStop(cancellationToken))));
            }
            catch (Exception exception)
            {
                // As said above: the rest must still stop.
                onStopFailure(stage.Key, exception);
            }

            LowestStoppedStage = stage.Key;
        }
    }

    private static async Task Run(ILifecycleObserver? observer, Func<ILifecycleObserver, Task> run)
    {
        if (observer is not null)
        {
            await run(observer);
        }
    }

    private sealed class Subscription(int stage, ILifecycleObserver observer) : IDisposable
    {
        public int Stage => stage;

        public ILifecycleObserver? Observer { get; private set; } = observer;

        public void Dispose() => Observer = null;
    }
}
