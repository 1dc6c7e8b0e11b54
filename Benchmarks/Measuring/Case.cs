namespace EventMesh.Benchmarks.Measuring;

/// <summary>Works for about <paramref name="duration"/> and says what was done.</summary>
internal delegate Task<Sample> MeasureCase(TimeSpan duration, CancellationToken cancellationToken);

/// <summary>One load of a benchmark.</summary>
/// <param name="Load">What is done.</param>
/// <param name="Unit">What is counted.</param>
/// <param name="Measure">Does it. Called several times.</param>
/// <param name="Control">The load of the case that this one is held against; null for a control and where nothing compares.</param>
internal sealed record Case(string Load, string Unit, MeasureCase Measure, string? Control = null);
