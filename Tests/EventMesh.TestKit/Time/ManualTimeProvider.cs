namespace EventMesh.TestKit.Time;

/// <summary>A clock that only a test moves. Timers, <c>Task.Delay</c> and cancellation by time included.</summary>
/// <remarks>Due timers run one by one, in order of their due time and then of their creation, on the thread that advances.</remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly SortedSet<ManualTimer> _armed = new(ManualTimer.ByDueTime);
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;
    private TimeSpan _skew;
    private long _lastId;

    /// <summary>Starts at 2026-01-01 00:00 UTC unless told otherwise.</summary>
    public ManualTimeProvider(DateTimeOffset? start = null) => _start = start ?? new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that wait.</summary>
    public int ArmedTimers
    {
        get
        {
            lock (_gate)
            {
                return _armed.Count;
            }
        }
    }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _start + _elapsed + _skew;
        }
    }

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed.Ticks;
        }
    }

    /// <summary>Lets time pass, and what is due within it happen at its moment.</summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        TimeSpan until;
        lock (_gate)
        {
            until = _elapsed + by;
        }

        while (TakeDue(until) is { } timer)
        {
            timer.Run();
        }

        lock (_gate)
        {
            _elapsed = until > _elapsed ? until : _elapsed;
        }
    }

    /// <summary>Moves the wall clock, as an operator or a time server would; timers and timestamps go on undisturbed.</summary>
    public void JumpWallClock(TimeSpan by)
    {
        lock (_gate)
        {
            _skew += by;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state, Interlocked.Increment(ref _lastId));
        timer.Change(dueTime, period);
        return timer;
    }

    private ManualTimer? TakeDue(TimeSpan until)
    {
        lock (_gate)
        {
            if (_armed.Min is not { } timer || timer.DueAt > until)
            {
                return null;
            }

            _armed.Remove(timer);
            _elapsed = timer.DueAt > _elapsed ? timer.DueAt : _elapsed;
            if (timer.Period > TimeSpan.Zero)
            {
                timer.DueAt = _elapsed + timer.Period;
                _armed.Add(timer);
            }

            return timer;
        }
    }

    private sealed class ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state, long id) : ITimer
    {
        public static readonly IComparer<ManualTimer> ByDueTime =
            Comparer<ManualTimer>.Create(static (a, b) => (a.DueAt, a.Id).CompareTo((b.DueAt, b.Id)));

        private bool _disposed;

        public long Id { get; } = id;

        public TimeSpan DueAt { get; set; }

        public TimeSpan Period { get; private set; }

        public void Run() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._armed.Remove(this);
                if (_disposed)
                {
                    return false;
                }

                Period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueAt = clock._elapsed + dueTime;
                    clock._armed.Add(this);
                }

                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                _disposed = true;
                clock._armed.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
