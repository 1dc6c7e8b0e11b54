using System.CommandLine;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files.Tools;

namespace EventMesh.Cli.Commands.Log;

/// <summary><c>eventmesh log inspect</c>: whose store it is, its segments and its topics.</summary>
internal static class InspectCommand
{
    private static readonly Argument<string> Directory = new("dir") { Description = "The store's directory." };
    private static readonly Option<bool> Segments = new("--segments") { Description = "List the segments." };
    private static readonly Option<bool> Topics = new("--topics") { Description = "List the topics." };
    private static readonly Option<string?> Topic = new("--topic") { Description = "List the topics that match.", HelpName = "PATTERN" };

    public static Command Create()
    {
        var command = new Command("inspect", "Say whose store it is and what it holds; a node may have it open.") { Directory, Segments, Topics, Topic };
        command.SetAction((parsed, cancellationToken) => CliSession.RunAsync(parsed, session => RunAsync(session, parsed, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var pattern = parsed.GetValue(Topic);
        var options = new InspectOptions
        {
            WantsTopics = parsed.GetValue(Topics) || pattern is not null,
            Pattern = pattern is null ? null : TopicPattern.Parse(pattern),
        };
        var store = await ToolRun.RunAsync(
            session, "reading", progress => FileLogTools.Inspect(parsed.GetValue(Directory)!, options, progress, cancellationToken));
        if (session.IsJson)
        {
            await InspectionJson.WriteAsync(session.Output, store, parsed.GetValue(Segments), options.WantsTopics);
        }
        else
        {
            InspectionTables.Write(session.People, store, parsed.GetValue(Segments), options.WantsTopics);
        }

        return ExitCode.Ok;
    }
}
