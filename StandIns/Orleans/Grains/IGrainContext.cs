// An activation as the grain sees it.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace Orleans.Runtime;

/// <summary>One activation of a grain. Safe to use from any thread.</summary>
public interface IGrainContext : IEquatable<IGrainContext>
{
    GrainReference GrainReference { get; }

    GrainId GrainId { get; }

    /// <summary>The instance of the grain class; null until it has been constructed.</summary>
    object? GrainInstance { get; }

    /// <summary>The services of this activation: a scope that ends with it.</summary>
    IServiceProvider ActivationServices { get; }

    /// <summary>Ends when the activation has gone and its grain id is free for another.</summary>
    Task Deactivated { get; }

    /// <summary>Asks the activation to end after the calls that run now; returns at once.</summary>
    void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
}
