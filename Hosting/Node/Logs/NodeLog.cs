using System.Diagnostics.Metrics;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Storage;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Node;

/// <summary>Holds the silo's open log, from before anything needs it until after nothing does.</summary>
internal sealed class NodeLog(IEventLogProvider provider, IOptions<EventMeshOptions> options, IMeterFactory meters) : IDisposable
{
    private IEventLog? _log;
    private LogInstruments? _instruments;

    /// <exception cref="EventMeshException"><c>NodeNotReady</c> before it is open.</exception>
    public IEventLog Log => Volatile.Read(ref _log) ?? throw new EventMeshException(MeshErrorCode.NodeNotReady, "The silo's log is not open yet.");

    public NodeIdentity Identity => Log.Identity;

    /// <summary>What the log says of itself; null before it is open.</summary>
    public LogHealth? Health => Volatile.Read(ref _log)?.Health;

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var log = await provider.OpenAsync(NodeId.Parse(options.Value.NodeId), cancellationToken);
        _instruments = new LogInstruments(meters, log);
        Volatile.Write(ref _log, log);
    }

    /// <summary>Closes the log; whoever still holds it is told <c>LogClosed</c>.</summary>
    public async Task CloseAsync()
    {
        if (Volatile.Read(ref _log) is { } log)
        {
            _instruments?.Dispose();
            await log.DisposeAsync();
        }
    }

    /// <summary>Ends the measurements of a log that nobody has closed.</summary>
    public void Dispose() => _instruments?.Dispose();
}
