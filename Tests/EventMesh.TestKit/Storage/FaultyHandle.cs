using EventMesh.Storage.Files.Devices;

namespace EventMesh.TestKit.Storage;

/// <summary>An open file of a <see cref="FaultyDirectory"/>.</summary>
internal sealed class FaultyHandle : IStoreFile
{
    private readonly FaultyDirectory _directory;
    private readonly bool _writable;

    /// <summary>Called under the directory's lock.</summary>
    public FaultyHandle(FaultyDirectory directory, FaultyFile file, string name, bool writable)
    {
        (_directory, File, Name, _writable) = (directory, file, name, writable);
        file.Handles++;
    }

    public FaultyFile File { get; }

    /// <summary>The name that it was opened by.</summary>
    public string Name { get; }

    public bool IsClosed { get; private set; }

    /// <inheritdoc/>
    public long Length => _directory.LengthOf(this);

    /// <inheritdoc/>
    public int Read(long position, Span<byte> destination) => _directory.Read(this, position, destination);

    /// <inheritdoc/>
    public void Write(long position, ReadOnlySpan<byte> source)
    {
        EnsureWritable();
        _directory.Write(this, position, source);
    }

    /// <inheritdoc/>
    public void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var bytes = new byte[parts.Sum(part => part.Length)];
        var at = 0;
        foreach (var part in parts)
        {
            part.Span.CopyTo(bytes.AsSpan(at));
            at += part.Length;
        }

        Write(position, bytes);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        EnsureWritable();
        _directory.Flush(this);
    }

    /// <inheritdoc/>
    public void SetLength(long length)
    {
        EnsureWritable();
        _directory.SetLength(this, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            _directory.Closed(File);
        }
    }

    private void EnsureWritable()
    {
        if (!_writable)
        {
            throw new UnauthorizedAccessException($"{Name} was opened for reading.");
        }
    }
}
