using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>A file system of its own with little room, in memory. Disposing unmounts it.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private const int Detach = 2;
    private static readonly Lazy<string?> Refusal = new(TryOut);

    private SmallDisk(string location) => Location = location;

    /// <summary>Why there can be none here; null where there can.</summary>
    public static string? WhyNot => Refusal.Value;

    /// <summary>Where it is mounted.</summary>
    public string Location { get; }

    /// <summary>Mounts one of <paramref name="mebibytes"/> at <paramref name="location"/>, which comes to be.</summary>
    /// <exception cref="Win32Exception">The system does not allow it.</exception>
    public static SmallDisk Mount(string location, int mebibytes)
    {
        Directory.CreateDirectory(location);
        return MountFileSystem("tmpfs", location, "tmpfs", 0, string.Create(CultureInfo.InvariantCulture, $"size={mebibytes}m")) == 0
            ? new SmallDisk(location)
            : throw new Win32Exception();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        // Detached even while a process that is ending still has files open there.
        return UnmountFileSystem(Location, Detach) == 0 ? ValueTask.CompletedTask : throw new Win32Exception();
    }

    private static string? TryOut()
    {
        if (!OperatingSystem.IsLinux())
        {
            return "Only Linux is asked for a small file system.";
        }

        var place = Directory.CreateTempSubdirectory("eventmesh-");
        try
        {
            var disk = Mount(place.FullName, 1);
            return UnmountFileSystem(disk.Location, Detach) == 0 ? null : $"A small file system cannot be unmounted here: {new Win32Exception().Message}.";
        }
        catch (Win32Exception refusal)
        {
            return $"A small file system cannot be mounted here: {refusal.Message}.";
        }
        finally
        {
            place.Delete();
        }
    }

    [DllImport("libc", EntryPoint = "mount", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int MountFileSystem(string source, string target, string type, nuint flags, string data);

    [DllImport("libc", EntryPoint = "umount2", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int UnmountFileSystem(string target, int flags);
}

/// <summary>A test that needs a <see cref="SmallDisk"/>; skipped, with the reason, where there can be none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SmallDiskFactAttribute : FactAttribute
{
    public SmallDiskFactAttribute() => Skip = SmallDisk.WhyNot;
}
