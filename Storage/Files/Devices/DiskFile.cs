using Microsoft.Win32.SafeHandles;

namespace EventMesh.Storage.Files.Devices;

/// <summary>A file of a <see cref="DiskDirectory"/>.</summary>
internal sealed class DiskFile(SafeFileHandle handle, string path) : IStoreFile
{
    /// <inheritdoc/>
    public long Length => RandomAccess.GetLength(handle);

    /// <inheritdoc/>
    public int Read(long position, Span<byte> destination)
    {
        var done = 0;
        while (done < destination.Length)
        {
            var read = RandomAccess.Read(handle, destination[done..], position + done);
            if (read == 0)
            {
                break;
            }

            done += read;
        }

        return done;
    }

    /// <inheritdoc/>
    public void Write(long position, ReadOnlySpan<byte> source)
    {
        try
        {
            RandomAccess.Write(handle, source, position);
        }
        catch (Exception e) when (DiskErrors.Translated(path, e) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        try
        {
            RandomAccess.Write(handle, parts, position);
        }
        catch (Exception e) when (DiskErrors.Translated(path, e) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (OperatingSystem.IsLinux())
        {
            UnixCalls.FlushData(handle, path);
        }
        else
        {
            RandomAccess.FlushToDisk(handle);
        }
    }

    /// <inheritdoc/>
    public void SetLength(long length) => DiskErrors.Translate(path, () => RandomAccess.SetLength(handle, length));

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();
}
