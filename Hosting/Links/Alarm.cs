namespace EventMesh.Hosting.Links;

/// <summary>Sets a signal when a moment has come. One owner; re-armed only when it has rung or must ring earlier than it would.</summary>
internal sealed class Alarm : IDisposable
{
    // Longer waits are cut: the owner looks, finds nothing due, and arms it again.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly long _start;
    private readonly Signal _signal;
    private TimeSpan _rings;
    private volatile bool _isArmed;

    /// <summary>Creates an alarm whose moments count from <paramref name="startTimestamp"/>.</summary>
    public Alarm(TimeProvider time, long startTimestamp, Signal signal)
    {
        _time = time;
        _start = startTimestamp;
        _signal = signal;
        _timer = time.CreateTimer(static state => ((Alarm)state!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Rings at <paramref name="moment"/> or earlier: the owner looks at the clock, and arms it again if nothing is due.</summary>
    public void RingAt(TimeSpan moment)
    {
        if (moment == TimeSpan.MaxValue || (_isArmed && _rings <= moment))
        {
            return;
        }

        var now = _time.GetElapsedTime(_start);
        var wait = moment > now ? moment - now : TimeSpan.Zero;
        wait = wait < LongestWait ? wait : LongestWait;
        _rings = now + wait;
        _isArmed = true;
        _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }

    public void Dispose() => _timer.Dispose();

    // Timers and timestamps are two clocks: one may ring a little before its moment, so whether it has rung is not read off the other.
    private void Ring()
    {
        _isArmed = false;
        _signal.Set();
    }
}
