using EventMesh.Simulation.Tests.Checking;

namespace EventMesh.Simulation.Tests.World;

/// <summary>The one thread of a simulated world: events in order of their virtual time, then of their making. Awaits come back here too.</summary>
internal sealed class SimLoop : SynchronizationContext
{
    /// <summary>How many lines of a failing seed's trace are told, if not as many as usual.</summary>
    public const string TraceLinesVariable = "EVENTMESH_SIM_TRACE_LINES";

    private static readonly int TraceLines = int.Parse(
        Environment.GetEnvironmentVariable(TraceLinesVariable) ?? "120", System.Globalization.CultureInfo.InvariantCulture);

    private readonly PriorityQueue<Action, (TimeSpan At, long Order)> _events = new();
    private readonly Queue<string> _trace = new();
    private long _order;

    /// <summary>The virtual time since the world began.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>Events that have run.</summary>
    public long Steps { get; private set; }

    /// <summary>Whether <see cref="Trace"/> keeps what it is told.</summary>
    public bool IsTracing { get; init; }

    public string TraceTail => string.Join('\n', _trace);

    public void In(TimeSpan delay, Action action) => At(Now + delay, action);

    public void At(TimeSpan at, Action action) => _events.Enqueue(action, (at > Now ? at : Now, ++_order));

    /// <summary>A task that ends after <paramref name="delay"/>.</summary>
    public Task DelayAsync(TimeSpan delay)
    {
        var ended = new TaskCompletionSource();
        In(delay, ended.SetResult);
        return ended.Task;
    }

    /// <summary>Begins <paramref name="work"/> in the world's thread; what it throws ends the run.</summary>
    public void Start(Func<Task> work) => In(TimeSpan.Zero, async () => await work());

    /// <summary>Runs events until <paramref name="until"/> holds or the time is reached; true if it held.</summary>
    public bool Run(TimeSpan end, Func<bool> until)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            while (!until())
            {
                if (!_events.TryPeek(out var action, out var due) || due.At > end)
                {
                    Now = end;
                    return until();
                }

                _events.Dequeue();
                Now = due.At;
                Steps++;
                action();
            }

            return true;
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Ends the run with <paramref name="failure"/>, which came up where throwing would not do.</summary>
    public void Fail(Exception failure) => In(TimeSpan.Zero, () => throw new SimViolation($"{failure.GetType().Name}: {failure.Message}"));

    public override void Post(SendOrPostCallback d, object? state) => In(TimeSpan.Zero, () => d(state));

    public void Trace(FormattableString line)
    {
        if (IsTracing)
        {
            _trace.Enqueue(FormattableString.Invariant($"{Steps,7} {Now.TotalSeconds,9:F4} ") + FormattableString.Invariant(line));
            if (_trace.Count > TraceLines)
            {
                _trace.Dequeue();
            }
        }
    }
}
