using System.CommandLine;
using EventMesh.Cli.Demo;
using EventMesh.Cli.Output;
using EventMesh.Core.Errors;
using Spectre.Console;

namespace EventMesh.Cli.Commands;

/// <summary><c>eventmesh demo</c>: three nodes, ten thousand real flights, one cut cable, and a check of every delivery.</summary>
internal static class DemoCommand
{
    private static readonly Option<int> Rate = new("--rate")
    {
        Description = "Flights to publish a second; 0 for as fast as it goes.",
        HelpName = "N",
        DefaultValueFactory = static _ => 1_250,
    };

    public static Command Create()
    {
        Rate.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<int>() < 0)
            {
                result.AddError("--rate: must be 0 or more.");
            }
        });
        var command = new Command("demo", "Run three linked nodes on real flights, cut a cable, and check that nothing is lost or doubled.") { Rate };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var isJson = parsed.GetValue(GlobalOptions.Json);
        try
        {
            var summary = await RunAsync(parsed.GetValue(Rate), isJson, cancellationToken);
            Console.WriteLine(isJson ? JsonLine.Of(summary) : Describe(summary));
            return summary.Passed ? ExitCode.Ok : ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("Stopped.");
            return ExitCode.Failed;
        }
        catch (EventMeshException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Code.ToLabel()} {exception.Message}");
            return ExitCode.Failed;
        }
    }

    private static async Task<DemoSummary> RunAsync(int rate, bool isJson, CancellationToken cancellationToken)
    {
        var build = await SiloBuild.FindAsync(cancellationToken);
        var flights = await FlightSample.LoadAsync(build.SampleDirectory, cancellationToken);
        await Console.Error.WriteLineAsync($"Starting west, central and east for {flights.Count:N0} flights...");
        await using var mesh = await DemoMesh.StartAsync(build, cancellationToken);
        await using var run = new DemoRun(mesh, flights, rate);
        var running = run.RunAsync(cancellationToken);
        if (!isJson && AnsiConsole.Profile.Capabilities.Interactive)
        {
            await new DemoView(mesh, run, AnsiConsole.Console).ShowAsync(running, cancellationToken);
        }

        return await running;
    }

    private static string Describe(DemoSummary summary)
    {
        var lines = new List<string>
        {
            $"Published {summary.Published:N0} flights in {summary.Seconds} s ({summary.EventsPerSecond:N0}/s), {summary.OutageSeconds} s of it with a dead cable.",
            $"Delivered {summary.Delivered:N0} of {summary.Expected:N0} to {summary.Subscribers.Count} subscribers ({summary.DeliveriesPerSecond:N0}/s); links made again: {summary.Reconnects}.",
        };
        lines.AddRange(summary.Subscribers.Select(static item => $"  {item.Node,-8} {item.Pattern,-14} {item.Delivered,6:N0} of {item.Expected,6:N0}"));
        lines.Add($"Latency p50 {summary.LatencyMs.P50} ms, p99 {summary.LatencyMs.P99} ms, max {summary.LatencyMs.Max} ms.");
        lines.Add($"Lost {summary.Lost}, duplicates {summary.Duplicates}, out of order {summary.OrderViolations}, wrong {summary.Wrong}, gaps {summary.Gaps}: {(summary.Passed ? "passed" : "FAILED")}.");
        return string.Join(Environment.NewLine, lines);
    }
}
