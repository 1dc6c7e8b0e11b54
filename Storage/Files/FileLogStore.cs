using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Devices;
using Microsoft.Extensions.Logging;

namespace EventMesh.Storage.Files;

/// <summary>Opens a node's logs in a directory of the machine.</summary>
public static class FileLogStore
{
    /// <summary>Opens the store at <paramref name="path"/>, or makes one: recovers what the last life left, and begins a new incarnation.</summary>
    /// <remarks>What was acknowledged at <see cref="Core.Events.Durability.Disk"/> is there, byte for byte; disposing the log flushes the rest and closes the store.</remarks>
    /// <param name="path">The directory; it is made where it is missing. One store, one process, one silo.</param>
    /// <param name="node">Whose store it is; it never changes.</param>
    /// <param name="options">Checked by <see cref="FileStorageOptionsValidator"/> where they come from configuration.</param>
    /// <param name="heardOf">The greatest incarnation of this node that others know; the new one is greater.</param>
    /// <param name="time">The clock that stamps appends.</param>
    /// <param name="logger">For what the store does by itself.</param>
    /// <exception cref="Core.Errors.EventMeshException"><c>StoreLocked</c>: another process has it open. <c>StoreNodeMismatch</c>, <c>StoreVersionUnknown</c>.
    /// <c>LogCorrupted</c>: what says whose store it is cannot be read. <c>LogFailed</c>: the disk failed.</exception>
    public static IEventLog Open(string path, NodeId node, FileStorageOptions options, Incarnation heardOf, TimeProvider time, ILogger logger)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentNullException.ThrowIfNull(logger);
        var writing = new DedicatedWorkScheduler("eventmesh-journal");
        try
        {
            var services = new FileLogServices
            {
                Time = time,
                Writing = writing,
                Background = ThreadPoolWorkScheduler.Instance,
                Random = new CryptoRandom(),
                Logger = logger,
                OnClosed = writing.Dispose,
            };
            return FileEventLog.Open(DiskDirectory.OpenOrCreate(path), options, node, heardOf, services);
        }
        catch (Exception)
        {
            writing.Dispose();
            throw;
        }
    }
}
