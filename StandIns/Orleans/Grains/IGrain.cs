// The marker interfaces of grains and observers.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using Orleans.Runtime;

namespace Orleans.Runtime
{
    /// <summary>Something that calls can be sent to.</summary>
    public interface IAddressable;
}

namespace Orleans
{
    public interface IGrain : IAddressable;

    public interface IGrainWithStringKey : IGrain;

    /// <summary>An object outside of the grains that grains can call back.</summary>
    public interface IGrainObserver : IAddressable;

    /// <summary>What a grain class must be; <see cref="Grain"/> is it.</summary>
    public interface IGrainBase
    {
        IGrainContext GrainContext { get; }

        Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

        Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
    }
}
