// A timer of a grain.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;
using EventMesh.StandIns.Copying;

using Orleans.Runtime;

namespace EventMesh.StandIns.Runtime;

/// <summary>A tick is a call that the activation makes to itself. What a tick throws is logged and the timer goes on.</summary>
internal sealed class GrainTimer : IGrainTimer
{
    private static readonly TimeSpan MaxTime = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Activation _activation;
    private readonly Func<CancellationToken, Task> _callback;
    private readonly ITimer _timer;
    private TimeSpan _dueTime;
    private TimeSpan _period;
    private bool _ticking;
    private bool _changedInTick;

    public GrainTimer(Activation activation, Func<CancellationToken, Task> callback, GrainTimerCreationOptions options)
    {
        _activation = activation;
        _callback = callback;
        Options = options;
        _timer = Flow.CreateTimer(activation.Silo.Time, static state => ((GrainTimer)state!).Tick(), this);
    }

    public GrainTimerCreationOptions Options { get; }

    public void Change(TimeSpan dueTime, TimeSpan period)
    {
        Validate(dueTime, nameof(dueTime));
        Validate(period, nameof(period));
        lock (_gate)
        {
            _dueTime = dueTime;
            _period = period;
            _changedInTick = _ticking;
            if (!_ticking && !_stop.IsCancellationRequested)
            {
                _timer.Change(dueTime, Timeout.InfiniteTimeSpan);
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }
        }

        _stop.Cancel();
        _timer.Dispose();
        _activation.Forget(this);
    }

    private static void Validate(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time > MaxTime))
        {
            throw new ArgumentOutOfRangeException(name, time, $"Expected zero to {MaxTime}, or Timeout.InfiniteTimeSpan.");
        }
    }

    private void Tick()
    {
        lock (_gate)
        {
            _ticking = true;
            _changedInTick = false;
        }

        _activation.TryReceive(new TickCall(this));
    }

    private void OnTickEnded()
    {
        lock (_gate)
        {
            _ticking = false;
            if (!_stop.IsCancellationRequested)
            {
                _timer.Change(_changedInTick ? _dueTime : _period, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private sealed class TickCall(GrainTimer timer) : GrainCall
    {
        public override MethodTraits Method { get; } =
            timer.Options.Interleave ? MethodTraits.InterleavingTimerTick : MethodTraits.TimerTick;

        public override bool CountsAsUse => timer.Options.KeepAlive;

        public override void CopyArguments(CopyContext context)
        {
        }

        public override void Harvest(Task ended)
        {
            if (TaskOutcome.FailureOf(ended) is { } failure)
            {
                SetFailure(failure);
            }
        }

        public override void OnFinished()
        {
            if (Failure is { } failure)
            {
                timer._activation.Silo.Log.TimerFailed(timer._activation, failure);
            }

            timer.OnTickEnded();
        }

        protected override Task? RunCore(object instance) =>
            timer._stop.IsCancellationRequested ? null : timer._callback(timer._stop.Token);

        protected override void CopyResult(CopyMode mode, ICallSender? receiver)
        {
        }

        protected override void DeliverResult()
        {
        }

        protected override void DeliverFailure(Exception failure)
        {
        }
    }
}
