using EventMesh.Grains.Silo;
using EventMesh.Hosting.Node.Subscriptions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>Starts what serves the outside, and stops it once: when the host begins to stop, or the silo does, whichever is first.</summary>
internal sealed partial class NodeServing(
    NodeState state,
    SubscriptionHub subscriptions,
    IServiceProvider services,
    [FromKeyedServices(MeshTime.Key)] TimeProvider time,
    ILogger<NodeServing> logger)
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);
    private readonly Lock _gate = new();
    private readonly Stack<IMeshNodePart> _started = new();
    private Task? _stopping;

    /// <summary>Starts the parts in the order of their registration; the silo is ready then.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var part in services.GetServices<IMeshNodePart>())
        {
            await part.StartAsync(cancellationToken);
            _started.Push(part);
        }

        state.Serve();
        state.Stopping.Register(() => _ = StopOnce());
    }

    /// <summary>Tells streams to end, then stops the parts in reverse; ends when they have stopped, or <paramref name="cancellationToken"/> is cancelled.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        state.BeginStop();
        await StopOnce().WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private Task StopOnce()
    {
        lock (_gate)
        {
            return _stopping ??= Task.Run(StopPartsAsync);
        }
    }

    private async Task StopPartsAsync()
    {
        LogStopping(logger);
        subscriptions.Close();
        using var limit = new CancellationTokenSource(StopLimit, time);
        while (_started.TryPop(out var part))
        {
            try
            {
                await part.StopAsync(limit.Token);
            }
            catch (Exception failure)
            {
                // The others must be stopped all the same.
                LogNotStopped(logger, part.GetType().Name, failure);
            }
        }
    }

    [LoggerMessage(EventIds.NodeStopping, LogLevel.Information, "The silo stops serving: subscriptions, doors and links end.")]
    private static partial void LogStopping(ILogger logger);

    [LoggerMessage(EventIds.PartNotStopped, LogLevel.Warning, "{Part} did not stop in an orderly way.")]
    private static partial void LogNotStopped(ILogger logger, string part, Exception failure);
}
