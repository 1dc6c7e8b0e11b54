using EventMesh.Grains.Interfaces;
using EventMesh.Hosting.Node.Interest;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>Connects the silo's log, its interest and its sweep once the silo is active.</summary>
internal sealed class InterestRunner(
    NodeLog log, InterestSync sync, WakeupDispatcher dispatcher, SiloIdentity self, SweepLoop sweeps) : IDisposable
{
    private IDisposable? _flushes;

    /// <summary>Ends when this silo holds the node's whole routing table.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _flushes = log.Log.Subscribe(dispatcher);
        self.Observe(new SiloObserver(sync, dispatcher));
        sync.Start(self.Address, self.Grains.GetGrain<IInterestGrain>(IInterestGrain.Key), self.Observer);
        sweeps.Start();
        await sync.Complete.WaitAsync(cancellationToken);
    }

    /// <summary>Stops reporting and sweeping. Other silos still reach this one, and flushes still wake, until it has left the cluster.</summary>
    public async Task StopAsync()
    {
        await sweeps.StopAsync();
        await sync.StopAsync();
    }

    /// <summary>Ends the wake-ups: nothing is flushed any more.</summary>
    public void Disconnect() => _flushes?.Dispose();

    public void Dispose() => _flushes?.Dispose();
}
