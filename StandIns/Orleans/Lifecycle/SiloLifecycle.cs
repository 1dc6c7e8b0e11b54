// The lifecycle of a silo.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans.Runtime;

public interface ISiloLifecycle : ILifecycleObservable
{
    /// <summary>The highest stage that has been started whole.</summary>
    int HighestCompletedStage { get; }

    /// <summary>The lowest stage that has been stopped.</summary>
    int LowestStoppedStage { get; }
}

/// <summary>Runs once, when the silo has reached its stage.</summary>
public interface IStartupTask
{
    Task Execute(CancellationToken cancellationToken);
}
