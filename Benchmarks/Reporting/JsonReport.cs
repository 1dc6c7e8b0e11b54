using System.Text.Json;
using EventMesh.Benchmarks.Measuring;

namespace EventMesh.Benchmarks.Reporting;

/// <summary>Results as one JSON object on one line.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public static void Write(TextWriter output, Machine machine, TimeSpan perCase, IReadOnlyList<CaseResult> results) =>
        output.WriteLine(JsonSerializer.Serialize(new { machine, secondsPerCase = perCase.TotalSeconds, results }, Options));
}
