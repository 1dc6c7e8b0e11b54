using System.Buffers;
using System.Collections;
using EventMesh.Core.Events;

namespace EventMesh.Storage.Files.Reading;

/// <summary>Records and the bytes that they lie in, in pooled arrays that go back when it is disposed; any use after that throws. One thread at a time.</summary>
internal sealed class PooledRecords : IReadOnlyList<EventRecord>, IDisposable
{
    // Arrays of the large object heap cost a full collection when the pool lets them go: 72 bytes a record, and 64 KiB of bytes.
    private const int ChunkRecords = 1024;
    private const int ChunkBytes = 64 * 1024;
    private const int FirstRecords = 16;
    private const int FirstBytes = 512;

    private readonly List<EventRecord[]> _fullChunks = [];
    private readonly List<byte[]> _fullBuffers = [];
    private EventRecord[] _chunk = [];
    private byte[] _buffer = [];
    private int _used;
    private int _count;
    private bool _isDisposed;

    /// <inheritdoc/>
    public int Count
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _count;
        }
    }

    /// <inheritdoc/>
    public EventRecord this[int index]
    {
        get
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
            return At(index);
        }
    }

    /// <summary>Adds a record.</summary>
    public void Add(in EventRecord record)
    {
        var index = _count - _fullChunks.Count * ChunkRecords;
        if (index >= Math.Min(_chunk.Length, ChunkRecords))
        {
            index = Grow(index);
        }

        _chunk[index] = record;
        _count++;
    }

    /// <summary>The last record, for changes.</summary>
    public ref EventRecord Last => ref At(_count - 1);

    /// <summary>Forgets the records from <paramref name="count"/> on.</summary>
    public void Truncate(int count)
    {
        while (_count > count)
        {
            Last = default;
            if (--_count < _fullChunks.Count * ChunkRecords)
            {
                ArrayPool<EventRecord>.Shared.Return(_chunk);
                _chunk = _fullChunks[^1];
                _fullChunks.RemoveAt(_fullChunks.Count - 1);
            }
        }
    }

    /// <summary>Room for <paramref name="length"/> bytes that live as long as the records; their content is not defined.</summary>
    public Memory<byte> Reserve(int length)
    {
        if (_buffer.Length - _used < length)
        {
            if (_buffer.Length > 0)
            {
                _fullBuffers.Add(_buffer);
            }

            // Twice the last: a read of one small event takes little, one of many takes few buffers.
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(length, Math.Clamp(2 * _buffer.Length, FirstBytes, ChunkBytes)));
            _used = 0;
        }

        var room = _buffer.AsMemory(_used, length);
        _used += length;
        return room;
    }

    /// <inheritdoc/>
    public IEnumerator<EventRecord> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return At(i);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Gives the arrays back: records and bodies must not be used any more.</summary>
    public void Dispose()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        foreach (var chunk in _fullChunks)
        {
            ArrayPool<EventRecord>.Shared.Return(chunk, clearArray: true);
        }

        Return(_chunk, _count - _fullChunks.Count * ChunkRecords);
        foreach (var buffer in _fullBuffers)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        ArrayPool<byte>.Shared.Return(_buffer);
        _fullChunks.Clear();
        _fullBuffers.Clear();
        (_chunk, _buffer) = ([], []);
    }

    private static void Return(EventRecord[] chunk, int used)
    {
        // What they refer to must not live as long as the pool.
        chunk.AsSpan(0, used).Clear();
        ArrayPool<EventRecord>.Shared.Return(chunk);
    }

    private ref EventRecord At(int index)
    {
        var chunk = index / ChunkRecords;
        return ref (chunk < _fullChunks.Count ? _fullChunks[chunk] : _chunk)[index % ChunkRecords];
    }

    private int Grow(int used)
    {
        if (used == ChunkRecords)
        {
            _fullChunks.Add(_chunk);
            _chunk = ArrayPool<EventRecord>.Shared.Rent(ChunkRecords);
            return 0;
        }

        var larger = ArrayPool<EventRecord>.Shared.Rent(Math.Clamp(2 * _chunk.Length, FirstRecords, ChunkRecords));
        _chunk.AsSpan(0, used).CopyTo(larger);
        Return(_chunk, used);
        _chunk = larger;
        return used;
    }
}
