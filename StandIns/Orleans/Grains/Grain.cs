// The base class of grains.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Runtime;

using Microsoft.Extensions.DependencyInjection;

using Orleans.Runtime;

namespace Orleans;

/// <summary>Runs one turn at a time on its activation's scheduler. Created by the silo only.</summary>
public abstract class Grain : IGrainBase, IAddressable
{
    private readonly Activation? _activation = RuntimeContext.Current;

    public IGrainContext GrainContext => Activation;

    public GrainReference GrainReference => Activation.GrainReference;

    /// <summary>The grain id as text.</summary>
    public string IdentityString => Activation.GrainId.ToString();

    /// <summary>The address of the silo as text.</summary>
    public string RuntimeIdentity => Activation.Silo.Address.ToString();

    protected IGrainFactory GrainFactory => Activation.Silo.Services.GetRequiredService<IGrainFactory>();

    protected internal IServiceProvider ServiceProvider => Activation.ActivationServices;

    private Activation Activation => _activation
        ?? throw new InvalidOperationException("This grain was not created by a silo, so it has no activation.");

    public virtual Task OnActivateAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public virtual Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Deactivates when the calls that run now have ended; later calls get a new activation.</summary>
    protected void DeactivateOnIdle() => Activation.DeactivateOnIdle();

    /// <summary>Keeps the activation from being collected for being idle for this long; a negative span takes that back.</summary>
    protected void DelayDeactivation(TimeSpan timeSpan) => Activation.DelayDeactivation(timeSpan);
}
