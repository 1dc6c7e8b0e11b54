using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Silo;
using EventMesh.Storage;
using EventMesh.Storage.Files;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace EventMesh.Hosting.Node;

/// <summary>Keeps the node's events in files of this machine, for one silo. A second process on the same directory is refused by the store's lock.</summary>
internal sealed class FileEventLogProvider(
    IOptions<EventMeshOptions> options,
    IOptions<FileStorageOptions> files,
    [FromKeyedServices(MeshTime.Key)] TimeProvider time,
    ILogger<FileEventLogProvider> logger) : IEventLogProvider
{
    public bool IsShared => false;

    public async ValueTask<IEventLog> OpenAsync(NodeId node, CancellationToken cancellationToken)
    {
        var path = DataDirectory.Of(options.Value);
        try
        {
            // On a thread of its own: after a crash the store reads, and repairs, what may be a lot.
            return await Task.Run(() => FileLogStore.Open(path, node, files.Value, default, time, logger), cancellationToken);
        }
        catch (EventMeshException refusal) when (refusal.Code is MeshErrorCode.StoreLocked or MeshErrorCode.StoreNodeMismatch)
        {
            throw new EventMeshException(refusal.Code, $"{refusal.Message} The path is {DataDirectory.PathKey}, and --eventlog-path of the silo.", refusal);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new EventMeshException(
                MeshErrorCode.LogFailed, $"The store in {path} cannot be opened: {failure.Message} Another directory is given by {DataDirectory.PathKey}.", failure);
        }
    }
}
