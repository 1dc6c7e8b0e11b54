using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Silo;
using EventMesh.Hosting.Node.Interest;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>Connects the silo's log, its interest and its sweep once the silo is active.</summary>
internal sealed class InterestRunner(
    NodeLog log,
    InterestSync sync,
    WakeupDispatcher dispatcher,
    IMeshMembership membership,
    SiloIdentity self,
    IOptions<EventMeshOptions> options,
    [FromKeyedServices(MeshTime.Key)] TimeProvider time,
    ILogger<TopicSweep> sweepLogger) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private IDisposable? _flushes;
    private Task _sweeping = Task.CompletedTask;

    /// <summary>Ends when this silo holds the node's whole routing table.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _flushes = log.Log.Subscribe(dispatcher);
        self.Observe(new SiloObserver(sync, dispatcher));
        sync.Start(self.Address, self.Grains.GetGrain<IInterestGrain>(IInterestGrain.Key), self.Observer);
        var sweep = new TopicSweep(log.Log, dispatcher, membership, time, sweepLogger);
        _sweeping = Task.Run(() => sweep.RunAsync(options.Value.SweepInterval, _stop.Token), CancellationToken.None);
        await sync.Complete.WaitAsync(cancellationToken);
    }

    /// <summary>Stops reporting and sweeping. Other silos still reach this one, and flushes still wake, until it has left the cluster.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _sweeping;
        await sync.StopAsync();
    }

    /// <summary>Ends the wake-ups: nothing is flushed any more.</summary>
    public void Disconnect() => _flushes?.Dispose();

    public void Dispose()
    {
        _flushes?.Dispose();
        _stop.Cancel();
        _stop.Dispose();
    }
}
