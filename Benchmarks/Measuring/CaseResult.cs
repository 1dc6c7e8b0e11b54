namespace EventMesh.Benchmarks.Measuring;

/// <summary>What all measured rounds of a case say together.</summary>
/// <param name="Benchmark">The benchmark's name.</param>
/// <param name="Load">What was done.</param>
/// <param name="Unit">What was counted.</param>
/// <param name="PerSecond">The median round's rate.</param>
/// <param name="SpreadPercent">From the slowest to the fastest round, in percent of the median.</param>
/// <param name="Control">The load that it is held against.</param>
/// <param name="Ratio">The median of the rounds' ratios to the control in the same round.</param>
/// <param name="CpuRatio">Processor time per operation, as a multiple of the control's: steadier than the rate where others use the machine too.</param>
/// <param name="CpuMicroseconds">Processor time of the process per operation.</param>
/// <param name="BytesAllocated">Bytes allocated per operation.</param>
/// <param name="P50Milliseconds">Median latency.</param>
/// <param name="P99Milliseconds">99th percentile of the latency.</param>
internal sealed record CaseResult(
    string Benchmark,
    string Load,
    string Unit,
    double PerSecond,
    double SpreadPercent,
    string? Control,
    double? Ratio,
    double? CpuRatio,
    double CpuMicroseconds,
    double BytesAllocated,
    double? P50Milliseconds,
    double? P99Milliseconds)
{
    public static CaseResult From(string benchmark, Case measured, IReadOnlyList<Sample> rounds, IReadOnlyList<Sample>? control)
    {
        var rates = rounds.Select(static round => round.PerSecond).Order().ToArray();
        var latencies = Merge(rounds);
        return new CaseResult(
            benchmark,
            measured.Load,
            measured.Unit,
            Median(rates),
            100 * (rates[^1] - rates[0]) / Median(rates),
            measured.Control,
            control is null ? null : Median(rounds.Zip(control, static (ours, theirs) => ours.PerSecond / theirs.PerSecond)),
            control is null ? null : CpuOf(rounds) / CpuOf(control),
            CpuOf(rounds),
            PerOperation(rounds, static round => round.AllocatedBytes),
            latencies?.Percentile(0.50).TotalMilliseconds,
            latencies?.Percentile(0.99).TotalMilliseconds);
    }

    private static double CpuOf(IReadOnlyList<Sample> rounds) => PerOperation(rounds, static round => round.Cpu.TotalMicroseconds);

    private static double PerOperation(IReadOnlyList<Sample> rounds, Func<Sample, double> measure) =>
        rounds.Sum(measure) / Math.Max(1, rounds.Sum(static round => round.Operations));

    private static Latencies? Merge(IReadOnlyList<Sample> rounds)
    {
        if (rounds[0].Latencies is null)
        {
            return null;
        }

        var all = new Latencies();
        foreach (var round in rounds)
        {
            all.Add(round.Latencies!);
        }

        return all;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[sorted.Length / 2 - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
