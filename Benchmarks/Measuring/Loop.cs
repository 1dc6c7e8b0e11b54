using System.Diagnostics;

namespace EventMesh.Benchmarks.Measuring;

/// <summary>Repeats a step until its time is over.</summary>
internal static class Loop
{
    /// <summary>Runs <paramref name="step"/>, which returns how many operations it did: enough of them that reading the clock between steps costs nothing.</summary>
    public static Task<Sample> Run(TimeSpan duration, Func<int> step)
    {
        var operations = 0L;
        var probe = Probe.StartOnThisThread();
        while (probe.Elapsed < duration)
        {
            operations += step();
        }

        return Task.FromResult(probe.Stop(operations));
    }

    /// <summary>Runs <paramref name="step"/> in <paramref name="lanes"/> loops side by side: so many are in flight. It is given the lane's number.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="lanes">How many loops.</param>
    /// <param name="step">Returns how many operations it did.</param>
    /// <param name="timed">Whether to measure the latency of every step; for one lane.</param>
    /// <param name="cancellationToken">Ends all loops.</param>
    public static async Task<Sample> RunAsync(
        TimeSpan duration, int lanes, Func<int, ValueTask<int>> step, bool timed, CancellationToken cancellationToken)
    {
        var latencies = timed ? new Latencies() : null;
        var probe = Probe.Start();
        var loops = Enumerable.Range(0, lanes).Select(lane => Task.Run(() => RunLaneAsync(probe, duration, lane, step, latencies, cancellationToken), cancellationToken));
        var operations = await Task.WhenAll(loops);
        return probe.Stop(operations.Sum(), latencies);
    }

    private static async Task<long> RunLaneAsync(
        Probe probe, TimeSpan duration, int lane, Func<int, ValueTask<int>> step, Latencies? latencies, CancellationToken cancellationToken)
    {
        var operations = 0L;
        while (probe.Elapsed < duration)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var began = Stopwatch.GetTimestamp();
            operations += await step(lane);
            latencies?.Record(Stopwatch.GetElapsedTime(began));
        }

        return operations;
    }
}
