using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Node;

/// <summary>Holds the silo's open log, from before anything needs it until after nothing does.</summary>
internal sealed class NodeLog(IEventLogProvider provider, IOptions<EventMeshOptions> options)
{
    private IEventLog? _log;

    /// <exception cref="EventMeshException"><c>NodeNotReady</c> before it is open.</exception>
    public IEventLog Log => Volatile.Read(ref _log) ?? throw new EventMeshException(MeshErrorCode.NodeNotReady, "The silo's log is not open yet.");

    public NodeIdentity Identity => Log.Identity;

    /// <summary>What the log says of itself; null before it is open.</summary>
    public LogHealth? Health => Volatile.Read(ref _log)?.Health;

    public async Task OpenAsync(CancellationToken cancellationToken) =>
        Volatile.Write(ref _log, await provider.OpenAsync(NodeId.Parse(options.Value.NodeId), cancellationToken));

    /// <summary>Closes the log; whoever still holds it is told <c>LogClosed</c>.</summary>
    public async Task CloseAsync()
    {
        if (Volatile.Read(ref _log) is { } log)
        {
            await log.DisposeAsync();
        }
    }
}
