using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;

namespace EventMesh.StandIns.Orleans.Tests.Grains;

public interface ILifeGrain : IGrainWithStringKey
{
    /// <summary>How many calls this activation has served, this one included.</summary>
    Task<int> CountAsync();

    Task<string> WhereAsync();

    Task EndWhenIdleAsync();

    Task HoldAsync(string gate);

    [AlwaysInterleave]
    Task<Guid> GetActivationAsync();
}

public interface ILocalGrain : IGrainWithStringKey
{
    Task<string> WhereAsync();
}

public interface IBrokenGrain : IGrainWithStringKey
{
    Task CallAsync();
}

public sealed class LifeGrain(Probe probe, ILocalSiloDetails silo) : Grain, ILifeGrain
{
    private readonly Guid _activation = Guid.NewGuid();
    private int _calls;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        probe.Tell($"{this.GetPrimaryKeyString()} activated");
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        probe.Tell($"{this.GetPrimaryKeyString()} deactivated: {reason.ReasonCode}");
        return Task.CompletedTask;
    }

    public Task<int> CountAsync() => Task.FromResult(++_calls);

    public Task<string> WhereAsync() => Task.FromResult(silo.Name);

    public Task EndWhenIdleAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public async Task HoldAsync(string gate)
    {
        probe.Tell($"{gate} began");
        await probe.OpenedAsync(gate);
    }

    public Task<Guid> GetActivationAsync() => Task.FromResult(_activation);
}

[PreferLocalPlacement]
public sealed class LocalGrain(ILocalSiloDetails silo) : Grain, ILocalGrain
{
    public Task<string> WhereAsync() => Task.FromResult(silo.Name);
}

public sealed class BrokenGrain : Grain, IBrokenGrain
{
    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        throw new InvalidOperationException("cannot start");

    public Task CallAsync() => Task.CompletedTask;
}
