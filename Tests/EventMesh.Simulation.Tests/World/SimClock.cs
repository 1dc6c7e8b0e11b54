namespace EventMesh.Simulation.Tests.World;

/// <summary>A node's clock: the world's time, and how far this one's hands are off. Its timers run in the world's thread, whatever the hands show.</summary>
internal sealed class SimClock(SimLoop loop) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far the clock is off.</summary>
    public TimeSpan Skew { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + loop.Now + Skew;

    public override long GetTimestamp() => loop.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(loop, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class Timer(SimLoop loop, TimerCallback callback, object? state) : ITimer
    {
        private long _setting;
        private TimeSpan _period;
        private bool _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            Set(dueTime);
            return !_isDisposed;
        }

        public void Dispose()
        {
            _isDisposed = true;
            _setting++;
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set(TimeSpan dueTime)
        {
            var setting = ++_setting;
            if (!_isDisposed && dueTime != Timeout.InfiniteTimeSpan)
            {
                loop.In(dueTime, () => Run(setting));
            }
        }

        private void Run(long setting)
        {
            if (setting == _setting)
            {
                if (_period > TimeSpan.Zero)
                {
                    Set(_period);
                }

                callback(state);
            }
        }
    }
}
