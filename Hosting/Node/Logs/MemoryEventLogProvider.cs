using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Silo;
using EventMesh.Storage;
using EventMesh.Storage.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Node;

/// <summary>Keeps the node's events in the memory of this process, for one silo.</summary>
internal sealed class MemoryEventLogProvider(
    IOptions<MemoryStorageOptions> options, [FromKeyedServices(MeshTime.Key)] TimeProvider time, ILogger<MemoryLogStore> logger) : IEventLogProvider
{
    public bool IsShared => false;

    public ValueTask<IEventLog> OpenAsync(NodeId node, CancellationToken cancellationToken) =>
        new(new MemoryLogStore(node, options.Value, time, logger: logger).OpenLog());
}

/// <summary>Gives the silos of one process the same memory: several silos of a test are one node then.</summary>
public sealed class SharedMemoryEventLogProvider(MemoryLogStore store) : IEventLogProvider
{
    /// <inheritdoc/>
    public bool IsShared => true;

    /// <inheritdoc/>
    public ValueTask<IEventLog> OpenAsync(NodeId node, CancellationToken cancellationToken) => store.Node == node
        ? new(store.OpenLog())
        : throw new EventMeshException(MeshErrorCode.StoreNodeMismatch, $"The store belongs to node '{store.Node}', not to '{node}'.");
}
