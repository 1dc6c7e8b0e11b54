using EventMesh.Storage.Files.Devices;

namespace EventMesh.Storage.Files.Recovery;

/// <summary>Reads a file from front to back in large pieces. Not thread-safe.</summary>
/// <param name="file">The file.</param>
/// <param name="end">Nothing is read from here on.</param>
internal sealed class FileWindow(IStoreFile file, long end)
{
    private const int FirstBytes = 1024 * 1024;

    private byte[] _bytes = [];
    private long _start;
    private int _length;

    /// <summary>Where reading ends.</summary>
    public long End { get; } = Math.Min(end, file.Length);

    /// <summary>The bytes from <paramref name="position"/> on, <paramref name="length"/> of them or as many as there are; valid until the next call.</summary>
    /// <remarks>Takes no more memory than the file has bytes.</remarks>
    /// <exception cref="IOException">The disk failed.</exception>
    public ReadOnlySpan<byte> Get(long position, int length)
    {
        length = (int)Math.Clamp(End - position, 0, length);
        if (length > 0 && (position < _start || position + length > _start + _length))
        {
            Load(position, length);
        }

        var skipped = (int)(position - _start);
        return length == 0 ? default : _bytes.AsSpan(skipped, Math.Min(length, _length - skipped));
    }

    /// <summary>As many bytes from <paramref name="position"/> on as are at hand; at least one unless it is the end.</summary>
    public ReadOnlySpan<byte> GetSome(long position)
    {
        var first = Get(position, 1);
        return first.IsEmpty ? first : _bytes.AsSpan((int)(position - _start), _length - (int)(position - _start));
    }

    private void Load(long position, int length)
    {
        var wanted = (int)Math.Min(Math.Max(length, FirstBytes), End - position);
        if (_bytes.Length < wanted)
        {
            _bytes = GC.AllocateUninitializedArray<byte>(wanted);
        }

        _start = position;
        _length = file.Read(position, _bytes.AsSpan(0, wanted));
    }
}
