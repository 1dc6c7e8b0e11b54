namespace EventMesh.Storage.Files.Devices;

/// <summary>Puts what the system throws into the words of <see cref="IStoreDirectory"/>.</summary>
internal static class DiskErrors
{
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int UnixNoSpace = 28;
    private const int LinuxQuota = 122;
    private const int MacQuota = 69;

    /// <summary>Runs <paramref name="call"/> on the file at <paramref name="path"/>.</summary>
    public static T Translate<T>(string path, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (Exception e) when (Translated(path, e) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc cref="Translate{T}"/>
    public static void Translate(string path, Action call) =>
        Translate(path, () =>
        {
            call();
            return true;
        });

    /// <summary>What is thrown instead; null to leave it as it is.</summary>
    public static Exception? Translated(string path, Exception exception) => exception switch
    {
        DiskFullException => null,
        IOException io when IsFull(io.HResult) => new DiskFullException($"The disk has no room for {path}: {io.Message}", io),
        UnauthorizedAccessException denied => new IOException($"{path} may not be used: {denied.Message}", denied),
        _ => null,
    };

    private static bool IsFull(int result) =>
        OperatingSystem.IsWindows()
            ? result is WindowsDiskFull or WindowsHandleDiskFull
            : result == UnixNoSpace || result == (OperatingSystem.IsMacOS() ? MacQuota : LinuxQuota);
}
