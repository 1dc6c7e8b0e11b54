using EventMesh.Core.Errors;
using EventMesh.Storage.Files.Devices;
using EventMesh.Storage.Files.Recovery;

namespace EventMesh.Storage.Files.Tools;

/// <summary>A place for backups on the machine's disk: the directory itself, one beside it with the ending <c>.new</c>, and for the moment of the exchange, one with <c>.old</c>.</summary>
/// <remarks>The next directory is locked from the first look to the end of the exchange, so two never work at one place.</remarks>
internal sealed class DiskBackupPlace : IBackupPlace
{
    private const string NextEnding = ".new";
    private const string OldEnding = ".old";

    private readonly DiskDirectory _next;
    private readonly IDisposable _nextLock;
    private readonly string _old;
    private DiskDirectory? _present;
    private IDisposable? _presentLock;
    private bool _isDone;

    private DiskBackupPlace(string target)
    {
        (Location, _old) = (target, target + OldEnding);
        _next = DiskDirectory.OpenOrCreate(target + NextEnding);
        _nextLock = _next.Lock();
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public IStoreDirectory? Present => _present;

    /// <inheritdoc/>
    public IStoreDirectory Next => _next;

    /// <summary>Looks what is at <paramref name="path"/>, puts back what an exchange that was cut short left beside it, and makes room for the next backup.</summary>
    /// <exception cref="EventMeshException"><c>TargetOccupied</c>: something is there that is no backup. <c>StoreLocked</c>: a backup or restore is under way there.</exception>
    /// <exception cref="IOException">The disk failed.</exception>
    public static DiskBackupPlace Open(string path)
    {
        var target = new DiskDirectory(path).Location;
        if (File.Exists(target) || Array.Exists(DriveInfo.GetDrives(), drive => new DiskDirectory(drive.Name).Location == target))
        {
            throw Occupied(target, "is a file, or where a file system begins");
        }

        var place = new DiskBackupPlace(target);
        try
        {
            place.Prepare();
            return place;
        }
        catch (Exception)
        {
            place.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public bool TryLink(string name) => HardLinks.TryCreate(Path.Combine(Location, name), Path.Combine(_next.Location, name));

    /// <inheritdoc/>
    public void Commit()
    {
        if (OperatingSystem.IsWindows())
        {
            // There a directory with an open file keeps its name.
            Unlock();
        }

        _isDone = true;
        if (_present is not null)
        {
            DiskErrors.Translate(Location, () => Directory.Move(Location, _old));
        }
        else if (Directory.Exists(Location))
        {
            DiskErrors.Translate(Location, () => Directory.Delete(Location));
        }

        try
        {
            DiskErrors.Translate(Location, () => Directory.Move(_next.Location, Location));
        }
        catch (IOException) when (_present is not null)
        {
            DiskErrors.Translate(Location, () => Directory.Move(_old, Location));
            throw;
        }

        new DiskDirectory(Path.GetDirectoryName(Location)!).Flush();
        Unlock();
        if (_present is not null)
        {
            Remove(new DiskDirectory(_old));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_isDone && OperatingSystem.IsWindows())
        {
            Unlock();
        }

        if (!_isDone)
        {
            _isDone = true;
            Remove(_next);
        }

        Unlock();
    }

    private static EventMeshException Occupied(string target, string reason) =>
        new(MeshErrorCode.TargetOccupied, $"{target} {reason}. Name a directory of its own, which need not exist.");

    private static bool HoldsNothingElse(string target) =>
        Directory.EnumerateFileSystemEntries(target).All(static path => File.Exists(path) && IsOurs(Path.GetFileName(path)));

    private static bool IsOurs(string name) =>
        SegmentFinder.TryParse(name, out _)
        || name is StoreFile.Name or StoreFile.Name + NextEnding or DamageReport.LogName or BackupMark.FileName or DiskDirectory.LockName;

    /// <summary>Removes a directory; anything in it that is not ours keeps it there.</summary>
    private static void Remove(DiskDirectory directory)
    {
        Clear(directory);
        directory.Delete(DiskDirectory.LockName);
        DiskErrors.Translate(directory.Location, () => Directory.Delete(directory.Location));
    }

    /// <summary>Removes all files of ours but the lock, which others must find locked.</summary>
    private static void Clear(DiskDirectory directory)
    {
        foreach (var file in directory.List().Where(static file => IsOurs(file.Name) && file.Name != DiskDirectory.LockName))
        {
            directory.Delete(file.Name);
        }
    }

    private void Prepare()
    {
        if (Directory.Exists(_old) && !Directory.Exists(Location))
        {
            DiskErrors.Translate(_old, () => Directory.Move(_old, Location));
        }

        var present = Directory.Exists(Location) && Directory.EnumerateFileSystemEntries(Location).Any() ? new DiskDirectory(Location) : null;
        if (present is not null && (BackupMark.Read(present) is null || !HoldsNothingElse(Location)))
        {
            throw Occupied(Location, "holds something that is no backup");
        }

        _presentLock = present?.Lock();
        _present = present;
        Clear(_next);
        if (Directory.Exists(_old))
        {
            Remove(new DiskDirectory(_old));
        }
    }

    private void Unlock()
    {
        _nextLock.Dispose();
        _presentLock?.Dispose();
    }
}
