namespace EventMesh.PeerLink.Sessions;

/// <summary>A moment, given to a session with every input: a session has no clock of its own.</summary>
/// <param name="Elapsed">Time on a clock that never goes back, since any fixed start; all waiting is measured on it.</param>
/// <param name="UnixMs">UTC milliseconds by the machine's clock, which may jump; only sent along.</param>
public readonly record struct LinkTime(TimeSpan Elapsed, long UnixMs)
{
    /// <summary>Reads both clocks of <paramref name="time"/>; <paramref name="startTimestamp"/> is its timestamp at the fixed start.</summary>
    public static LinkTime Read(TimeProvider time, long startTimestamp)
    {
        ArgumentNullException.ThrowIfNull(time);
        return new(time.GetElapsedTime(startTimestamp), time.GetUtcNow().ToUnixTimeMilliseconds());
    }
}
