using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Files.Tools;

/// <summary>Copies files of stores.</summary>
internal static class FileCopy
{
    private const int ChunkBytes = 1024 * 1024;

    // A copy that fills the memory with what is not written yet makes a node on the same disk wait when all of it is written at once.
    private const long FlushBytes = 16 * 1024 * 1024;

    /// <summary>Copies the first bytes of a file into a new one; its bytes are durable when it returns, its name is not.</summary>
    /// <exception cref="IOException">The disk failed, or the file is shorter by now; there may be part of a file.</exception>
    public static void Copy(IStoreFile source, IStoreDirectory target, string name, long length, ProgressMeter progress)
    {
        using var copy = target.Create(name, length);
        var chunk = GC.AllocateUninitializedArray<byte>((int)Math.Min(ChunkBytes, Math.Max(1, length)));
        var flushed = 0L;
        for (var position = 0L; position < length;)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(chunk.Length, length - position));
            var read = source.Read(position, part);
            if (read != part.Length)
            {
                throw new EndOfStreamException($"'{name}' ends at byte {position + read}; {length} were expected.");
            }

            copy.Write(position, part);
            position += read;
            if (position - flushed >= FlushBytes)
            {
                copy.Flush();
                flushed = position;
            }

            progress.Reach(name, read);
        }

        copy.Flush();
    }
}
