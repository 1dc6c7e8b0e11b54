using System.CommandLine;
using EventMesh.Cli.Output;
using Spectre.Console;

namespace EventMesh.Cli.Commands;

/// <summary><c>eventmesh health</c>: says whether the node serves; ends with 1 when it does not.</summary>
internal static class HealthCommand
{
    public static Command Create()
    {
        var command = new Command("health", "Say whether the node is live and ready; exit code 1 when it is not.");
        command.SetAction((parsed, cancellationToken) =>
            CliSession.RunAsync(parsed, session => RunAsync(session, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var health = await session.Client.GetHealthAsync(cancellationToken);
        var isWell = health is { IsLive: true, IsReady: true };
        if (session.IsJson)
        {
            await session.Output.WriteLineAsync(JsonLine.Of(health));
        }
        else
        {
            var state = isWell ? "[green]ready[/]" : health.IsLive ? "[yellow]not ready[/]" : "[red]failed[/]";
            session.People.MarkupLine($"{Markup.Escape(health.Node)} is {state}, incarnation {health.Incarnation}");
            session.People.MarkupLine($"interest of this node is {(health.IsInterestSynced ? "known to every connected peer" : "not yet known to every connected peer")}");
            foreach (var problem in health.Problems)
            {
                session.People.WriteLine($"- {problem}");
            }

            foreach (var warning in health.Warnings)
            {
                session.People.WriteLine($"- warning: {warning}");
            }
        }

        return isWell ? ExitCode.Ok : ExitCode.Failed;
    }
}
