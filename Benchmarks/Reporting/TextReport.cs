using System.Globalization;
using EventMesh.Benchmarks.Measuring;

namespace EventMesh.Benchmarks.Reporting;

/// <summary>Results as tables for people.</summary>
internal static class TextReport
{
    private const int LoadWidth = 52;

    public static void WriteMachine(TextWriter output, Machine machine, TimeSpan perCase)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Date:yyyy-MM-dd HH:mm} UTC, commit {machine.Commit}, dependency set: {machine.DependencySet}, {perCase.TotalSeconds} s a case"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{machine.Cores} cores (load average {machine.LoadAverage}), {machine.MemoryGiB} GiB, {machine.Runtime}, {machine.System}"));
        if (machine.IsStandIns)
        {
            output.WriteLine("Orleans and gRPC are the stand-ins of this repository: what uses them says nothing about the product on the real packages.");
        }
    }

    public static void Write(TextWriter output, IBenchmark benchmark, IReadOnlyList<CaseResult> results)
    {
        output.WriteLine();
        output.WriteLine($"{benchmark.Name}: {benchmark.Summary}");
        output.WriteLine($"  {"",-LoadWidth} {"per second",12} {"spread",7} {"ratio",9} {"CPU us",8} {"x CPU",7} {"bytes",8} {"p50 ms",8} {"p99 ms",8}");
        foreach (var result in results)
        {
            var control = result.Control is null ? "" : $"  to: {result.Control}";
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"  {result.Load,-LoadWidth} {result.PerSecond,12:N0} {result.SpreadPercent,6:N0}% {Text(result.Ratio, "0.000"),9} {result.CpuMicroseconds,8:0.000} {Text(result.CpuRatio, "0.000"),7} {result.BytesAllocated,8:N1} {Text(result.P50Milliseconds, "0.000"),8} {Text(result.P99Milliseconds, "0.000"),8}  {result.Unit}{control}"));
        }
    }

    private static string Text(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
