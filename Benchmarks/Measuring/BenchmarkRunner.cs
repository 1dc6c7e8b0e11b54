namespace EventMesh.Benchmarks.Measuring;

/// <summary>Runs a benchmark's cases in rounds, so that what others do to the machine meets a case and its control alike.</summary>
internal static class BenchmarkRunner
{
    private const int MeasuredRounds = 3;

    /// <param name="benchmark">Started here; the caller disposes it.</param>
    /// <param name="perCase">How long a case is measured, over all rounds. A first round warms up for as long again: the compiler is at work until then.</param>
    /// <param name="only">What a case's load must hold; its control is measured with it.</param>
    /// <param name="progress">Told what is done.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<IReadOnlyList<CaseResult>> RunAsync(
        IBenchmark benchmark, TimeSpan perCase, string only, Action<string> progress, CancellationToken cancellationToken)
    {
        var cases = Choose(await benchmark.StartAsync(cancellationToken), only);
        var samples = cases.ToDictionary(static measured => measured.Load, static _ => new List<Sample>());
        for (var round = 0; round <= MeasuredRounds; round++)
        {
            progress(round == 0 ? $"{benchmark.Name}: warming up" : $"{benchmark.Name}: round {round} of {MeasuredRounds}");
            foreach (var measured in cases)
            {
                // What the case before left behind is not this one's to collect.
                GC.Collect();
                var sample = await measured.Measure(round == 0 ? perCase : perCase / MeasuredRounds, cancellationToken);
                if (round > 0)
                {
                    samples[measured.Load].Add(sample);
                }
            }
        }

        return [.. cases.Select(measured => CaseResult.From(
            benchmark.Name, measured, samples[measured.Load], measured.Control is { } control ? samples[control] : null))];
    }

    private static IReadOnlyList<Case> Choose(IReadOnlyList<Case> cases, string only)
    {
        var chosen = cases.Where(candidate => candidate.Load.Contains(only, StringComparison.Ordinal)).ToArray();
        return [.. cases.Where(candidate => chosen.Contains(candidate) || chosen.Any(other => other.Control == candidate.Load))];
    }
}
