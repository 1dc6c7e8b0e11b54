using EventMesh.Grains.Silo;
using EventMesh.Hosting.Node.Interest;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>Sweeps the silo's log from its start to its stop.</summary>
internal sealed class SweepLoop(
    NodeLog log,
    WakeupDispatcher dispatcher,
    IMeshMembership membership,
    IOptions<EventMeshOptions> options,
    [FromKeyedServices(MeshTime.Key)] TimeProvider time,
    ILogger<TopicSweep> logger) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _sweeping = Task.CompletedTask;

    /// <summary>Begins to sweep. The log is open.</summary>
    public void Start()
    {
        var sweep = new TopicSweep(log.Log, dispatcher, membership, time, logger);
        _sweeping = Task.Run(() => sweep.RunAsync(options.Value.SweepInterval, _stop.Token), CancellationToken.None);
    }

    /// <summary>Ends when the sweep under way has ended.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _sweeping;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }
}
