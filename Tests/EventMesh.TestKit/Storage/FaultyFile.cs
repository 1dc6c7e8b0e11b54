namespace EventMesh.TestKit.Storage;

/// <summary>The bytes of a file: as they are read, and as far as they differ, as they are on the disk. Not thread-safe.</summary>
internal sealed class FaultyFile(long number)
{
    /// <summary>What a disk writes as one.</summary>
    public const int SectorBytes = 512;

    // Sectors that are not, or not surely, as they are read: what is on the disk instead.
    private readonly SortedDictionary<long, byte[]> _durable = [];

    // Those of them that no flush will write any more, unless they are written again: a flush failed and the system has forgotten that they wait.
    private readonly HashSet<long> _abandoned = [];
    private byte[] _bytes = [];
    private long _durableLength;

    /// <summary>Tells files apart in the order of their creation.</summary>
    public long Number { get; } = number;

    public long Length { get; private set; }

    /// <summary>Room that it takes.</summary>
    public long Allocated { get; private set; }

    /// <summary>Handles that are open.</summary>
    public int Handles { get; set; }

    public int Read(long position, Span<byte> destination)
    {
        var count = (int)Math.Clamp(Length - position, 0, destination.Length);
        _bytes.AsSpan((int)Math.Min(position, Length), count).CopyTo(destination);
        return count;
    }

    public void Write(long position, ReadOnlySpan<byte> source, Random random)
    {
        Reserve(position + source.Length);
        Length = Math.Max(Length, position + source.Length);
        var target = _bytes.AsSpan((int)position, source.Length);
        for (var sector = position / SectorBytes; sector * SectorBytes < position + source.Length; sector++)
        {
            var from = (int)Math.Max(0, sector * SectorBytes - position);
            var to = (int)Math.Min(source.Length, (sector + 1) * SectorBytes - position);
            // Zeros over zeros are as durable as they were: filling a file with them costs nothing here.
            if (_durable.ContainsKey(sector) || !source[from..to].SequenceEqual(target[from..to]))
            {
                Touch(sector, random);
                source[from..to].CopyTo(target[from..to]);
            }
        }
    }

    public void SetLength(long length, Random random)
    {
        Reserve(length);
        if (length < Length)
        {
            for (var sector = length / SectorBytes; sector * SectorBytes < Length; sector++)
            {
                Touch(sector, random);
            }

            _bytes.AsSpan((int)length, (int)(Length - length)).Clear();
            Allocated = length;
        }

        Length = length;
    }

    /// <summary>Takes room, without a length.</summary>
    public void Reserve(long length)
    {
        Allocated = Math.Max(Allocated, length);
        if (_bytes.Length < length)
        {
            Array.Resize(ref _bytes, (int)Math.Max(length, Math.Min(2L * _bytes.Length, length + 65536)));
        }
    }

    public void Flush()
    {
        _durableLength = Length;
        if (_abandoned.Count == 0)
        {
            _durable.Clear();
            return;
        }

        foreach (var sector in _durable.Keys.Where(sector => !_abandoned.Contains(sector)).ToList())
        {
            _durable.Remove(sector);
        }
    }

    /// <summary>Loses part of what waited, for ever, while reads go on to show it.</summary>
    public void FailFlush(Random random)
    {
        foreach (var sector in _durable.Keys.ToList())
        {
            if (random.Next(2) == 0)
            {
                _abandoned.Add(sector);
            }
            else
            {
                _durable.Remove(sector);
                _abandoned.Remove(sector);
            }
        }
    }

    /// <summary>Turns a bit, on the disk as well.</summary>
    public void Flip(long position, int bit)
    {
        _bytes[position] ^= (byte)(1 << bit);
        if (_durable.TryGetValue(position / SectorBytes, out var sector))
        {
            sector[position % SectorBytes] ^= (byte)(1 << bit);
        }
    }

    /// <summary>The file as power failure leaves it: what was not flushed is there, not there, or there in part, sector by sector.</summary>
    public FaultyFile AfterPowerFailure(Random random)
    {
        var length = random.Next(2) == 0 ? Length : _durableLength;
        var bytes = new byte[Math.Max(length, _bytes.Length)];
        _bytes.CopyTo(bytes, 0);
        foreach (var (sector, durable) in _durable)
        {
            // Torn: the sector's front is new, the rest is as it was.
            var kept = _abandoned.Contains(sector) ? 0 : random.Next(3) switch { 0 => 0, 1 => SectorBytes, _ => random.Next(SectorBytes) };
            var at = sector * SectorBytes;
            var end = (int)Math.Min(SectorBytes, bytes.Length - at);
            if (kept < end)
            {
                durable.AsSpan(kept, end - kept).CopyTo(bytes.AsSpan((int)at + kept));
            }
        }

        return new FaultyFile(Number)
        {
            _bytes = bytes.AsSpan(0, (int)length).ToArray(),
            Length = length,
            Allocated = Math.Max(length, Allocated),
            _durableLength = length,
        };
    }

    /// <summary>The file as the end of the process leaves it: all that was written is there, and still waits for a flush.</summary>
    public FaultyFile AfterKill()
    {
        var file = new FaultyFile(Number) { _bytes = _bytes, Length = Length, Allocated = Allocated, _durableLength = _durableLength };
        foreach (var (sector, durable) in _durable)
        {
            file._durable.Add(sector, durable);
        }

        file._abandoned.UnionWith(_abandoned);
        return file;
    }

    private void Touch(long sector, Random random)
    {
        // The system writes back when it likes: what waits already may by now be what is on the disk.
        var isWrittenBack = _durable.ContainsKey(sector) && !_abandoned.Contains(sector) && random.Next(2) == 0;
        if (isWrittenBack || !_durable.ContainsKey(sector))
        {
            var before = new byte[SectorBytes];
            var at = (int)(sector * SectorBytes);
            _bytes.AsSpan(at, Math.Min(SectorBytes, _bytes.Length - at)).CopyTo(before);
            _durable[sector] = before;
        }

        _abandoned.Remove(sector);
    }
}
