// Starts and stops a silo with its host.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Runtime;

using Microsoft.Extensions.Hosting;

using Orleans;
using Orleans.Runtime;

namespace EventMesh.StandIns.Hosting;

/// <summary>Stopping with a token that has already come is a crash, as with the real one.</summary>
internal sealed class SiloHostedService(
    Silo silo,
    LifecycleStages lifecycle,
    ClusteringCheck clustering,
    IHostEnvironment environment,
    IEnumerable<ILifecycleParticipant<ISiloLifecycle>> participants)
    : IHostedService
{
    /// <summary>Below <see cref="ServiceLifecycleStage.BecomeActive"/>: stops after the silo has said that it is shutting down.</summary>
    private const int GrainDeactivation = ServiceLifecycleStage.BecomeActive - 1;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        clustering.Validate();
        if (environment.IsDevelopment())
        {
            SignatureCheck.Validate(silo.Settings.Types);
        }

        foreach (ILifecycleParticipant<ISiloLifecycle> participant in participants)
        {
            participant.Participate(lifecycle);
        }

        Participate();
        await SetAsync(SiloStatus.Created);
        try
        {
            await lifecycle.StartAsync(cancellationToken);
        }
        catch
        {
            silo.Crash();
            await lifecycle.StopAsync(new CancellationToken(canceled: true));
            throw;
        }

        silo.Log.Started(silo.Name, silo.Address, silo.Settings.Ids.ClusterId);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            silo.Crash();
        }

        await Task.Run(() => lifecycle.StopAsync(cancellationToken), CancellationToken.None);
    }

    private void Participate()
    {
        lifecycle.Subscribe(nameof(Silo), ServiceLifecycleStage.RuntimeInitialize, static _ => Task.CompletedTask, _ => LeaveAsync());
        lifecycle.Subscribe(nameof(Silo), ServiceLifecycleStage.AfterRuntimeGrainServices, _ => SetAsync(SiloStatus.Joining));
        lifecycle.Subscribe(nameof(Silo), GrainDeactivation, static _ => Task.CompletedTask, DeactivateAllAsync);
        lifecycle.Subscribe(
            nameof(Silo), ServiceLifecycleStage.BecomeActive, _ => SetAsync(SiloStatus.Active), _ => SetAsync(SiloStatus.ShuttingDown));
    }

    private Task SetAsync(SiloStatus status)
    {
        silo.Cluster.Members.TrySetStatus(silo, status);
        return Task.CompletedTask;
    }

    private async Task DeactivateAllAsync(CancellationToken cancellationToken)
    {
        if (silo.Status == SiloStatus.Dead)
        {
            return;
        }

        try
        {
            await silo.Activations.DeactivateAllAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The host's patience has ended before the grains have: what is left goes with the silo.
            silo.Log.DeactivationTimedOut(silo.Address);
        }
    }

    private Task LeaveAsync()
    {
        silo.Leave();
        return Task.CompletedTask;
    }
}
