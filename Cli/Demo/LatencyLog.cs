namespace EventMesh.Cli.Demo;

/// <summary>Times from the publish call to the delivery. Thread-safe.</summary>
internal sealed class LatencyLog
{
    private readonly Lock _gate = new();
    private readonly List<double> _milliseconds = [];

    public void Add(TimeSpan latency)
    {
        lock (_gate)
        {
            _milliseconds.Add(latency.TotalMilliseconds);
        }
    }

    public LatencySummary Summarize()
    {
        lock (_gate)
        {
            if (_milliseconds.Count == 0)
            {
                return new LatencySummary(0, 0, 0);
            }

            _milliseconds.Sort();
            return new LatencySummary(At(0.5), At(0.99), At(1));
        }
    }

    private double At(double share) => Math.Round(_milliseconds[(int)Math.Min(share * _milliseconds.Count, _milliseconds.Count - 1)], 2);
}

/// <summary>In milliseconds.</summary>
internal sealed record LatencySummary(double P50, double P99, double Max);
