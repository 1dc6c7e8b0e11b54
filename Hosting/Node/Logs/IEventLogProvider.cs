using EventMesh.Core.Identity;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node;

/// <summary>Opens the node's logs for a silo. Register another one before <c>AddEventMesh</c> to keep events elsewhere.</summary>
public interface IEventLogProvider
{
    /// <summary>Whether all silos of the node may open the same logs. Where not, a second silo is refused.</summary>
    bool IsShared { get; }

    /// <summary>Opens the logs; the silo disposes them when it stops.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>StoreLocked</c>, <c>StoreNodeMismatch</c>, <c>StoreVersionUnknown</c>, <c>LogCorrupted</c> or <c>LogFailed</c>.</exception>
    ValueTask<IEventLog> OpenAsync(NodeId node, CancellationToken cancellationToken);
}
