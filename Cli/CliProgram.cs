using System.CommandLine;
using EventMesh.Cli.Commands;
using EventMesh.Cli.Commands.Log;

namespace EventMesh.Cli;

/// <summary>The tool: one class a command.</summary>
internal static class CliProgram
{
    /// <summary>How long a command may take to end after Ctrl-C; the demo stops three processes in it.</summary>
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(15);

    public static async Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("Publish to, read and look into a node of the event mesh.");
        GlobalOptions.AddTo(root);
        root.Subcommands.Add(PublishCommand.Create());
        root.Subcommands.Add(StreamCommand.Create());
        root.Subcommands.Add(ReplayCommand.Create());
        root.Subcommands.Add(TopicsCommand.Create());
        root.Subcommands.Add(PeersCommand.Create());
        root.Subcommands.Add(HealthCommand.Create());
        root.Subcommands.Add(LogCommand.Create());
        root.Subcommands.Add(DemoCommand.Create());

        var parsed = root.Parse(args);
        var exit = await parsed.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TerminationTimeout,
        });
        return parsed.Errors.Count > 0 ? ExitCode.Usage : exit;
    }
}
