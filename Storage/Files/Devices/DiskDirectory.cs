using System.Globalization;
using System.Text;
using EventMesh.Core.Errors;
using Microsoft.Win32.SafeHandles;

namespace EventMesh.Storage.Files.Devices;

/// <summary>A directory of the machine.</summary>
/// <param name="path">Where it is.</param>
internal sealed class DiskDirectory(string path) : IStoreDirectory
{
    /// <summary>The file that is locked.</summary>
    public const string LockName = "lock";

    // What the runtime throws without a number of the system: taking the room failed, and the file is gone again.
    private const int Unnumbered = unchecked((int)0x80131620);

    private const int WindowsSharingViolation = unchecked((int)0x80070020);
    private const int LinuxWouldBlock = 11;
    private const int MacWouldBlock = 35;

    /// <inheritdoc/>
    public string Location { get; } = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    /// <inheritdoc/>
    public long FreeBytes => new DriveInfo(Location).AvailableFreeSpace;

    /// <summary>Makes the directory, and those above it, where they are missing; durable when it returns.</summary>
    public static DiskDirectory OpenOrCreate(string path)
    {
        var directory = new DiskDirectory(path);
        DiskErrors.Translate(directory.Location, () => Make(directory.Location));
        return directory;
    }

    /// <inheritdoc/>
    public IDisposable Lock()
    {
        var path = At(LockName);
        // Unix locks the file for everybody who asks for any share; Windows lets others read the process id.
        var share = OperatingSystem.IsWindows() ? FileShare.Read : FileShare.None;
        SafeFileHandle handle;
        try
        {
            handle = DiskErrors.Translate(path, () => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, share));
        }
        catch (IOException e) when (e.HResult is WindowsSharingViolation or LinuxWouldBlock or MacWouldBlock)
        {
            throw new EventMeshException(
                MeshErrorCode.StoreLocked,
                $"The store in {Location} is in use by {Owner(path)}. Two nodes never share a store: stop that one, or give this one another path.");
        }

        RandomAccess.SetLength(handle, 0);
        RandomAccess.Write(handle, Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)), 0);
        return handle;
    }

    /// <inheritdoc/>
    public IReadOnlyList<StoreFileInfo> List() =>
        DiskErrors.Translate(Location, () => new DirectoryInfo(Location).EnumerateFiles()
            .Select(file => new StoreFileInfo(file.Name, file.Length))
            .OrderBy(file => file.Name, StringComparer.Ordinal)
            .ToList());

    /// <inheritdoc/>
    public IStoreFile Open(string name, bool writable) =>
        OpenFile(At(name), FileMode.Open, writable ? FileAccess.ReadWrite : FileAccess.Read, length: 0);

    /// <inheritdoc/>
    public IStoreFile Create(string name, long length)
    {
        var path = At(name);
        DiskFile file;
        try
        {
            file = OpenFile(path, FileMode.CreateNew, FileAccess.ReadWrite, length);
        }
        catch (IOException e) when (e.HResult == Unnumbered && length > 0)
        {
            throw new DiskFullException($"The disk has no room for {path}: {e.Message}", e);
        }

        try
        {
            file.SetLength(length);
            return file;
        }
        catch (IOException)
        {
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Rename(string name, string newName)
    {
        var path = At(name);
        DiskErrors.Translate(path, () => File.Move(path, At(newName), overwrite: true));
    }

    /// <inheritdoc/>
    public void Delete(string name)
    {
        var path = At(name);
        DiskErrors.Translate(path, () => File.Delete(path));
    }

    /// <inheritdoc/>
    public void Flush() => FlushEntries(Location);

    private static DiskFile OpenFile(string path, FileMode mode, FileAccess access, long length) =>
        DiskErrors.Translate(path, () =>
            new DiskFile(File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, length), path));

    private static void Make(string location)
    {
        if (!Directory.Exists(location) && Path.GetDirectoryName(location) is { } parent)
        {
            Make(parent);
            Directory.CreateDirectory(location);
            FlushEntries(parent);
        }
    }

    private static void FlushEntries(string directory)
    {
        // Windows orders and logs its entries by itself and offers no call for it.
        if (!OperatingSystem.IsWindows())
        {
            UnixCalls.FlushDirectory(directory);
        }
    }

    private static string Owner(string path)
    {
        const int MaxDigits = 10;
        Span<byte> digits = stackalloc byte[MaxDigits];
        try
        {
            using var handle = OperatingSystem.IsWindows()
                ? File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)
                : UnixCalls.OpenForReading(path);
            return int.TryParse(digits[..RandomAccess.Read(handle, digits, 0)], CultureInfo.InvariantCulture, out var process)
                ? $"process {process}"
                : "another process";
        }
        catch (IOException)
        {
            // The id is for people only: that the store is locked is what must be said.
            return "another process";
        }
    }

    private string At(string name)
    {
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().IndexOfAny('/', '\\', ':') >= 0)
        {
            throw new ArgumentException($"'{name}' is no plain file name.", nameof(name));
        }

        return Path.Combine(Location, name);
    }
}
