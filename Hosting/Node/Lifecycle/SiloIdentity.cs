using EventMesh.Grains.Interfaces;
using Orleans;
using Orleans.Runtime;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>This silo's address, and the reference by which others reach it.</summary>
internal sealed class SiloIdentity(ILocalSiloDetails details, IGrainFactory grains)
{
    private ISiloObserver? _target;
    private ISiloObserver? _observer;

    /// <summary>The address in its parsable form.</summary>
    public string Address { get; } = details.SiloAddress.ToParsableString();

    public IGrainFactory Grains => grains;

    public ISiloObserver Observer => _observer ?? throw new InvalidOperationException("The silo is not observed yet.");

    /// <summary>Makes <paramref name="target"/> reachable. Kept here, because the runtime holds it weakly.</summary>
    public void Observe(ISiloObserver target)
    {
        _target = target;
        _observer = grains.CreateObjectReference<ISiloObserver>(_target);
    }
}
