namespace EventMesh.Storage;

/// <summary>The time of a store: it never goes back, and reading it separates what was stamped before from what comes after.</summary>
/// <remarks>
/// A reading lies above every stamp given so far, so "from the reading on" leaves out what was appended within the same millisecond. Readings
/// and stamps in turn can move it ahead of the machine's clock by a millisecond each; it waits for the clock to catch up.
/// </remarks>
/// <param name="timeProvider">The machine's clock.</param>
/// <param name="lastStamp">The last time that the store has given to an append, in an earlier life too; 0 for none.</param>
internal sealed class LogClock(TimeProvider timeProvider, long lastStamp = 0)
{
    private readonly Lock _gate = new();
    private long _now = lastStamp;
    private long _lastStamp = lastStamp;

    /// <summary>A time that no stamp given so far has and that every later one is at or after.</summary>
    public long Read()
    {
        lock (_gate)
        {
            Advance();
            if (_now == _lastStamp)
            {
                _now++;
            }

            return _now;
        }
    }

    /// <summary>The time of an append.</summary>
    public long Stamp()
    {
        lock (_gate)
        {
            Advance();
            _lastStamp = _now;
            return _now;
        }
    }

    private void Advance() => _now = Math.Max(_now, timeProvider.GetUtcNow().ToUnixTimeMilliseconds());
}
