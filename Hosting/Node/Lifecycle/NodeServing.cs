using EventMesh.Hosting.Node.Subscriptions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>Starts what serves the outside, and stops it.</summary>
internal sealed partial class NodeServing(
    NodeState state, SubscriptionHub subscriptions, IServiceProvider services, ILogger<NodeServing> logger)
{
    private readonly Stack<IMeshNodePart> _started = new();

    /// <summary>Starts the parts in the order of their registration; the silo is ready then.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var part in services.GetServices<IMeshNodePart>())
        {
            await part.StartAsync(cancellationToken);
            _started.Push(part);
        }

        state.Serve();
    }

    /// <summary>Tells streams to end, then stops the parts in reverse.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        LogStopping(logger);
        state.BeginStop();
        subscriptions.Close();
        while (_started.TryPop(out var part))
        {
            await part.StopAsync(cancellationToken);
        }
    }

    [LoggerMessage(EventIds.NodeStopping, LogLevel.Information, "The silo stops: doors and links first.")]
    private static partial void LogStopping(ILogger logger);
}
