// Calls that wait for an answer, oldest first, and their timeout.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

namespace EventMesh.StandIns.Calls;

/// <summary>
/// All have the same timeout, so they expire in the order in which they came. The timer runs only after a call has come, so an idle process
/// does nothing. Unbounded, like the real one: callers bound what they have under way.
/// </summary>
internal sealed class OutstandingCalls : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;
    private readonly Action<GrainCall, TimeSpan> _onTimeout;
    private readonly ITimer _timer;
    private GrainCall? _oldest;
    private GrainCall? _newest;
    private bool _armed;

    public OutstandingCalls(TimeProvider time, TimeSpan timeout, Action<GrainCall, TimeSpan> onTimeout)
    {
        _time = time;
        _timeout = timeout;
        _onTimeout = onTimeout;
        using (ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(
                static state => ((OutstandingCalls)state!).Expire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public void Add(GrainCall call)
    {
        long deadline = _time.GetTimestamp() + (long)(_timeout.TotalSeconds * _time.TimestampFrequency);
        bool arm;
        lock (_gate)
        {
            call.OutstandingIn = this;
            call.Deadline = deadline;
            call.OlderOutstanding = _newest;
            call.NewerOutstanding = null;
            if (_newest is null)
            {
                _oldest = call;
            }
            else
            {
                _newest.NewerOutstanding = call;
            }

            _newest = call;
            arm = !_armed;
            _armed = true;
        }

        if (arm)
        {
            _timer.Change(_timeout, Timeout.InfiniteTimeSpan);
        }
    }

    public void Remove(GrainCall call)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(call.OutstandingIn, this))
            {
                return;
            }

            Unlink(call);
        }
    }

    /// <summary>Takes all calls out, to be ended by the caller.</summary>
    public List<GrainCall> TakeAll()
    {
        List<GrainCall> all = [];
        lock (_gate)
        {
            while (_oldest is { } call)
            {
                Unlink(call);
                all.Add(call);
            }
        }

        return all;
    }

    public void Dispose() => _timer.Dispose();

    private void Expire()
    {
        List<GrainCall> expired = [];
        TimeSpan wait = TimeSpan.Zero;
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            while (_oldest is { } call && call.Deadline <= now)
            {
                Unlink(call);
                expired.Add(call);
            }

            _armed = _oldest is not null;
            if (_oldest is { } next)
            {
                wait = TimeSpan.FromSeconds((double)(next.Deadline - now) / _time.TimestampFrequency) + TimeSpan.FromMilliseconds(1);
            }
        }

        if (wait > TimeSpan.Zero)
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }

        foreach (GrainCall call in expired)
        {
            _onTimeout(call, _timeout);
        }
    }

    private void Unlink(GrainCall call)
    {
        if (call.OlderOutstanding is { } older)
        {
            older.NewerOutstanding = call.NewerOutstanding;
        }
        else
        {
            _oldest = call.NewerOutstanding;
        }

        if (call.NewerOutstanding is { } newer)
        {
            newer.OlderOutstanding = call.OlderOutstanding;
        }
        else
        {
            _newest = call.OlderOutstanding;
        }

        call.OlderOutstanding = null;
        call.NewerOutstanding = null;
        call.OutstandingIn = null;
    }
}
