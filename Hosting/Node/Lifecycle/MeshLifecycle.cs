using EventMesh.Grains.Silo;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace EventMesh.Hosting.Node.Lifecycle;

/// <summary>Brings the mesh up and down with its silo.</summary>
/// <remarks>
/// Stages, upwards at start and downwards at stop:
/// <code>
/// Log       the log is open; the membership is followed   (closed last: after every grain is deactivated)
/// Guard     a second silo on a store for one is refused   (before the silo becomes active)
/// Table     the node's routing table is loaded            (the silo is active; topics wait for it)
/// Serve     links and doors                               (stopped first: before any grain is deactivated)
/// </code>
/// </remarks>
internal sealed partial class MeshLifecycle(
    NodeLog log,
    ClusterMembers members,
    SingleSiloGuard guard,
    InterestRunner interest,
    NodeServing serving,
    ILogger<MeshLifecycle> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private const int LogStage = ServiceLifecycleStage.ApplicationServices;
    private const int GuardStage = ServiceLifecycleStage.BecomeActive - 50;
    private const int TableStage = ServiceLifecycleStage.Active;
    private const int ServeStage = ServiceLifecycleStage.Active + 100;

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe("EventMesh.Log", LogStage, OpenAsync, CloseAsync);
        lifecycle.Subscribe("EventMesh.Guard", GuardStage, CheckAsync, Nothing);
        lifecycle.Subscribe("EventMesh.Table", TableStage, interest.StartAsync, _ => interest.StopAsync());
        lifecycle.Subscribe("EventMesh.Serve", ServeStage, ServeAsync, serving.StopAsync);
    }

    private static Task Nothing(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        await log.OpenAsync(cancellationToken);
        await members.StartAsync(cancellationToken);
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        await members.RefreshAsync(cancellationToken);
        await guard.CheckAsync(cancellationToken);
    }

    private async Task ServeAsync(CancellationToken cancellationToken)
    {
        await serving.StartAsync(cancellationToken);
        LogStarted(logger, log.Identity.Node.Value, log.Identity.Incarnation.Value);
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        guard.Dispose();
        interest.Disconnect();
        await members.StopAsync();
        await log.CloseAsync();
        LogStopped(logger);
    }

    [LoggerMessage(EventIds.NodeStarted, LogLevel.Information, "Node {Node} serves in incarnation {Incarnation}.")]
    private static partial void LogStarted(ILogger logger, string node, long incarnation);

    [LoggerMessage(EventIds.NodeStopped, LogLevel.Information, "The log is closed; the mesh has stopped on this silo.")]
    private static partial void LogStopped(ILogger logger);
}
