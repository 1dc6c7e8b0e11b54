using System.CommandLine;
using EventMesh.Cli.Output;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using Spectre.Console;

namespace EventMesh.Cli.Commands;

/// <summary><c>eventmesh topics</c>: lists the node's topics.</summary>
internal static class TopicsCommand
{
    private static readonly Option<string?> Pattern = new("--pattern") { Description = "Only topics that match.", HelpName = "PATTERN" };

    public static Command Create()
    {
        var command = new Command("topics", "List the node's topics.") { Pattern };
        command.SetAction((parsed, cancellationToken) =>
            CliSession.RunAsync(parsed, session => RunAsync(session, parsed.GetValue(Pattern), cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, string? pattern, CancellationToken cancellationToken)
    {
        TopicPattern? filter = pattern is null ? null : TopicPattern.Parse(pattern);
        var table = new Table().AddColumns("topic", "first offset", "next offset", "bytes");
        var after = default(TopicName);
        while (true)
        {
            var page = await session.Client.ListTopicsAsync(filter, after, cancellationToken: cancellationToken);
            foreach (var topic in page.Topics)
            {
                await WriteAsync(session, table, topic);
            }

            if (page.Next.Length == 0)
            {
                break;
            }

            after = TopicName.Parse(page.Next);
        }

        if (!session.IsJson)
        {
            session.People.Write(table.Rows.Count == 0 ? new Text("No topics yet: publish something.\n") : table);
        }

        return ExitCode.Ok;
    }

    private static async Task WriteAsync(CliSession session, Table table, TopicInfo topic)
    {
        if (session.IsJson)
        {
            var line = new { topic = topic.Topic, startOffset = topic.StartOffset, endOffset = topic.EndOffset, bytes = topic.Bytes };
            await session.Output.WriteLineAsync(JsonLine.Of(line));
        }
        else
        {
            table.AddRow(Markup.Escape(topic.Topic), $"{topic.StartOffset}", $"{topic.EndOffset}", $"{topic.Bytes:N0}");
        }
    }
}
