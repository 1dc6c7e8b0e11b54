using EventMesh.Benchmarks;
using EventMesh.Benchmarks.Encode;
using EventMesh.Benchmarks.GrainCalls;
using EventMesh.Benchmarks.Logs;
using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Mesh;
using EventMesh.Benchmarks.Reporting;
using EventMesh.Benchmarks.Routing;
using EventMesh.Benchmarks.Rpc;

var storage = new NodeStorage();
IBenchmark[] all =
[
    new RoutingBenchmark(),
    new EncodeBenchmark(),
    new LogBenchmark(),
    new FileAppendBenchmark(),
    new FileReadBenchmark(),
    new GrainCallBenchmark(),
    new GrpcBenchmark(),
    new PublishBenchmark(storage),
    new SubscribeBenchmark(storage),
    new LinkBenchmark(storage),
];

BenchmarkArguments arguments;
try
{
    arguments = BenchmarkArguments.Parse(args, [.. all.Select(static benchmark => benchmark.Name)]);
}
catch (FormatException refusal)
{
    Console.Error.WriteLine(refusal.Message);
    Console.Error.WriteLine(BenchmarkArguments.Usage);
    return 2;
}

storage.IsMemory = arguments.Memory;
if (arguments.Help || arguments.List)
{
    Console.WriteLine(arguments.Help
        ? BenchmarkArguments.Usage
        : string.Join(Environment.NewLine, all.Select(static benchmark => $"{benchmark.Name,-12} {benchmark.Summary}")));
    return 0;
}

using var stopping = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stopping.Cancel();
};

var machine = Machine.Current();
if (!arguments.Json)
{
    TextReport.WriteMachine(Console.Out, machine, arguments.PerCase);
}

var results = new List<CaseResult>();
var failures = 0;
foreach (var benchmark in all.Where(benchmark => arguments.Names.Count == 0 || arguments.Names.Contains(benchmark.Name)))
{
    try
    {
        await using (benchmark)
        {
            var measured = await BenchmarkRunner.RunAsync(
                benchmark, arguments.PerCase, arguments.Only, Console.Error.WriteLine, stopping.Token);
            results.AddRange(measured);
            if (!arguments.Json && measured.Count > 0)
            {
                TextReport.Write(Console.Out, benchmark, measured);
            }
        }
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
        Console.Error.WriteLine("Cancelled: what was measured until then follows.");
        break;
    }
    catch (Exception failure)
    {
        // One that fails takes no others with it; the exit code tells.
        Console.Error.WriteLine($"{benchmark.Name} failed: {failure}");
        failures++;
    }
}

if (arguments.Json)
{
    JsonReport.Write(Console.Out, machine, arguments.PerCase, results);
}

return failures == 0 ? 0 : 1;
