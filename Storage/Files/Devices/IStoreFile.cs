namespace EventMesh.Storage.Files.Devices;

/// <summary>An open file. Reads and writes may come from any thread at once; what is written while it is read may be seen in part.</summary>
internal interface IStoreFile : IDisposable
{
    /// <summary>Bytes in the file.</summary>
    long Length { get; }

    /// <summary>Reads from <paramref name="position"/> on until the span or the file ends; returns how many bytes.</summary>
    int Read(long position, Span<byte> destination);

    /// <summary>Writes all of <paramref name="source"/>, growing the file where needed.</summary>
    void Write(long position, ReadOnlySpan<byte> source);

    /// <summary>Writes the parts one behind the other with one call of the system, growing the file where needed.</summary>
    void Write(long position, IReadOnlyList<ReadOnlyMemory<byte>> parts);

    /// <summary>Ends when everything written to the file is durable. What was written but not flushed when this fails is lost in part, and stays so.</summary>
    void Flush();

    /// <summary>Cuts the file, or grows it with zeros.</summary>
    void SetLength(long length);
}
