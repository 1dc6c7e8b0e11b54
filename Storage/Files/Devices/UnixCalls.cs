using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EventMesh.Storage.Files.Devices;

/// <summary>The three things that a store needs of Unix and the runtime does not offer. Throws <see cref="IOException"/> as the runtime's own calls do.</summary>
internal static partial class UnixCalls
{
    private const int ReadOnly = 0;
    private const int Interrupted = 4;

    /// <summary>Opens a directory, or a file whatever lock it is under, for reading.</summary>
    public static SafeFileHandle OpenForReading(string path)
    {
        int handle;
        do
        {
            handle = Open(path, ReadOnly, 0);
        }
        while (IsInterrupted(handle, path));

        return new SafeFileHandle(handle, ownsHandle: true);
    }

    /// <summary>Makes the entries of a directory durable.</summary>
    public static void FlushDirectory(string path)
    {
        using var handle = OpenForReading(path);
        while (IsInterrupted(Fsync(handle), path))
        {
        }
    }

    /// <summary>Makes a file's bytes durable, and of what is known about it only the length: spares the file system's journal a time stamp.</summary>
    public static void FlushData(SafeFileHandle file, string path)
    {
        while (IsInterrupted(Fdatasync(file), path))
        {
        }
    }

    private static bool IsInterrupted(int result, string path)
    {
        if (result >= 0)
        {
            return false;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Interrupted ? true : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Fdatasync(SafeFileHandle file);
}
