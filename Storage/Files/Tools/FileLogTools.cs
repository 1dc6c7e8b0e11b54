using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Tools for the directory of a store on files. They need no node, and stand none in the way: nothing here takes a running node's lock or changes its files.</summary>
/// <remarks>Every method works on the caller's thread until it is done, and takes memory by the number of topics, never by that of records.</remarks>
public static class FileLogTools
{
    /// <summary>Says whose store is in <paramref name="path"/> and what it holds, without checking every byte. A running node may write meanwhile: what is told is then of one moment or the next.</summary>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>: there is none. <c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed, or the files may not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static StoreInspection Inspect(
        string path, InspectOptions? options = null, IProgress<ToolProgress>? progress = null, CancellationToken cancellationToken = default) =>
        StoreSurvey.Take(Existing(path), options ?? new InspectOptions(), progress, cancellationToken);

    /// <summary>Checks every byte of the store in <paramref name="path"/>: headers, checksums, events, footers, and that every topic goes on without a hole. Beside a running node, all but the group that is just being written.</summary>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>: there is none. <c>StoreVersionUnknown</c>.</exception>
    /// <exception cref="IOException">The disk failed, or the files may not be read.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static VerifyReport Verify(string path, IProgress<ToolProgress>? progress = null, CancellationToken cancellationToken = default) =>
        StoreVerification.Run(Existing(path), progress, cancellationToken);

    /// <summary>Copies the store in <paramref name="path"/> to <paramref name="target"/>, while a node goes on writing to it, so that the copy opens as a store: with all that was flushed when it was made.</summary>
    /// <remarks>
    /// The backup appears at <paramref name="target"/> as a whole, durable, or not at all. Where a backup of the same store is there, it is replaced; sealed
    /// segments that both have are not copied again, if the file system can give one file two names.
    /// </remarks>
    /// <param name="path">The store's directory.</param>
    /// <param name="target">A directory that does not exist, is empty, or holds the last backup of this store. On the file system that it is on, its parent must be writable.</param>
    /// <param name="time">The clock that stamps it.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it; what is at the target stays as it was.</param>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>, <c>StoreVersionUnknown</c>. <c>LogCorrupted</c>: whose store it is cannot be told. <c>TargetOccupied</c>: something else is there. <c>StoreLocked</c>: a backup or
    /// restore is under way there.</exception>
    /// <exception cref="IOException">A disk failed or is full; the target is as it was.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static BackupReport Backup(
        string path, string target, TimeProvider time, IProgress<ToolProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        ArgumentNullException.ThrowIfNull(time);
        var source = Existing(path);
        using var place = DiskBackupPlace.Open(target);
        return StoreBackup.Run(source, place, time, progress, cancellationToken);
    }

    /// <summary>Copies the backup at <paramref name="backup"/> to <paramref name="path"/>, checks every byte of the copy, and has the node that starts on it begin an incarnation that none of its peers has heard of.</summary>
    /// <param name="backup">A backup, or a store that was closed; it is not changed.</param>
    /// <param name="path">A directory that does not exist or is empty. A restore that was cut short may be repeated.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="time">The clock.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Ends it; the directory is then one that no node opens.</param>
    /// <exception cref="EventMeshException"><c>StoreMissing</c>, <c>StoreVersionUnknown</c>. <c>LogCorrupted</c>: whose store it is cannot be told. <c>TargetOccupied</c>: the directory is not empty. <c>InvalidArgument</c>: the
    /// store was not closed. <c>StoreLocked</c>: the backup is just being replaced, or a node has the directory.</exception>
    /// <exception cref="IOException">A disk failed or is full; the directory is one that no node opens.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static RestoreReport Restore(
        string backup, string path, RestoreOptions? options, TimeProvider time, IProgress<ToolProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(time);
        var source = Existing(backup);
        using var held = TryLock(source);
        var target = DiskDirectory.OpenOrCreate(path);
        StoreRestore.CheckEmpty(target);
        using var locked = target.Lock();
        return StoreRestore.Run(source, target, options ?? new RestoreOptions(), time, progress, cancellationToken);
    }

    /// <summary>A backup may lie where nobody can write, and then nobody replaces it meanwhile.</summary>
    private static IDisposable? TryLock(DiskDirectory directory)
    {
        try
        {
            return directory.Lock();
        }
        catch (IOException)
        {
            // What is read is checked all the same.
            return null;
        }
    }

    private static DiskDirectory Existing(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Directory.Exists(path)
            ? new DiskDirectory(path)
            : throw new EventMeshException(MeshErrorCode.StoreMissing, $"{Path.GetFullPath(path)} is no directory.");
    }
}
