using System.Runtime.InteropServices;

namespace EventMesh.Storage.Files.Tools;

/// <summary>A second name for a file, which the runtime does not offer.</summary>
internal static partial class HardLinks
{
    /// <summary>Gives the file at <paramref name="path"/> the name <paramref name="newPath"/> too; false where the file system cannot, or will not.</summary>
    public static bool TryCreate(string path, string newPath) =>
        OperatingSystem.IsWindows() ? CreateHardLink(newPath, path, 0) : Link(path, newPath) == 0;

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string path, string newPath);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string newPath, string path, nint security);
}
