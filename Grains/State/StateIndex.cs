namespace EventMesh.Grains.State;

/// <summary>A key's last value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Version">The offset at which this value was first written: never given to another value of the topic.</param>
/// <param name="Value">The bytes; they do not change.</param>
/// <param name="Offset">The record that holds it now: of the write, or of the last compaction that kept it.</param>
internal sealed record StateEntry(string Key, long Version, byte[] Value, long Offset);

/// <summary>The last values of one kind of state, as the records of its topic leave them. One thread at a time.</summary>
internal sealed class StateIndex
{
    /// <summary>What a record counts for beside its key and value.</summary>
    private const int RecordOverhead = 64;

    private readonly Dictionary<string, StateEntry> _entries = new(StringComparer.Ordinal);

    public int Count => _entries.Count;

    /// <summary>Bytes that the last values count for.</summary>
    public long LiveBytes { get; private set; }

    /// <summary>Bytes that all records of the topic count for.</summary>
    public long HeldBytes { get; private set; }

    public long SupersededBytes => HeldBytes - LiveBytes;

    public IReadOnlyCollection<StateEntry> Entries => _entries.Values;

    public static long CostOf(string key, int valueBytes) => RecordOverhead + key.Length + valueBytes;

    public StateEntry? Find(string key) => _entries.GetValueOrDefault(key);

    /// <summary>Takes the record at <paramref name="offset"/>; records come in the order of their offsets.</summary>
    public void Apply(StateRecord record, long offset)
    {
        HeldBytes += CostOf(record.Key, record.Value.Length);
        switch (record.Operation)
        {
            case StateOperation.Set:
                Put(new StateEntry(record.Key, offset, record.Value.ToArray(), offset));
                break;
            case StateOperation.Keep:
                Put(new StateEntry(record.Key, record.Version, record.Value.ToArray(), offset));
                break;
            case StateOperation.Clear:
                Remove(record.Key);
                break;
            default:
                // A fence is about no key.
                break;
        }
    }

    /// <summary>Says that the value of <paramref name="entry"/> is held by the record at <paramref name="offset"/> as well.</summary>
    public void Keep(StateEntry entry, long offset)
    {
        HeldBytes += CostOf(entry.Key, entry.Value.Length);
        _entries[entry.Key] = entry with { Offset = offset };
    }

    /// <summary>Says that records worth <paramref name="bytes"/>, none of them a last value's, are no longer held.</summary>
    public void Drop(long bytes) => HeldBytes -= bytes;

    /// <summary>Forgets all: the topic begins at its next record, and whatever counts is repeated from there on.</summary>
    public void Restart()
    {
        _entries.Clear();
        LiveBytes = 0;
        HeldBytes = 0;
    }

    private void Put(StateEntry entry)
    {
        Remove(entry.Key);
        _entries[entry.Key] = entry;
        LiveBytes += CostOf(entry.Key, entry.Value.Length);
    }

    private void Remove(string key)
    {
        if (_entries.Remove(key, out var old))
        {
            LiveBytes -= CostOf(key, old.Value.Length);
        }
    }
}
