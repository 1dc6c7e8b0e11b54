// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
namespace Grpc.Wire;

/// <summary>Runs an action once when a deadline has passed; deadlines beyond the range of a timer are waited for in parts.</summary>
internal sealed class DeadlineTimer : IDisposable
{
    private static readonly TimeSpan MaxPart = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly DateTime _deadline;
    private readonly Action _passed;
    private readonly Timer _timer;

    public DeadlineTimer(DateTime deadline, Action passed)
    {
        _deadline = deadline;
        _passed = passed;
        _timer = new Timer(static timer => ((DeadlineTimer)timer!).OnTick(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Begins to wait. Apart from the constructor, so that the owner has its field set before the action can run.</summary>
    public void Start() => Wait(_deadline - DateTime.UtcNow);

    public void Dispose() => _timer.Dispose();

    private void OnTick()
    {
        var remaining = _deadline - DateTime.UtcNow;
        if (remaining <= TimeSpan.Zero)
        {
            _passed();
        }
        else
        {
            Wait(remaining);
        }
    }

    private void Wait(TimeSpan remaining)
    {
        var part = remaining > MaxPart ? MaxPart : remaining;
        // Rounded up: a tick before the deadline would only come back.
        var milliseconds = Math.Max(0, (long)Math.Ceiling(part.TotalMilliseconds));
        try
        {
            _timer.Change(milliseconds, Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            // The call ended while the timer ticked: there is nothing left to wait for.
            return;
        }
    }
}
