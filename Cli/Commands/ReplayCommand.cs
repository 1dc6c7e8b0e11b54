using System.CommandLine;
using EventMesh.Cli.Output;
using EventMesh.Client.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Cli.Commands;

/// <summary><c>eventmesh replay</c>: prints what a topic's log holds.</summary>
internal static class ReplayCommand
{
    private const int PageSize = 1_000;

    private static readonly Option<string> Topic = new("--topic") { Description = "The topic.", Required = true, HelpName = "TOPIC" };
    private static readonly Option<long> Offset = new("--offset") { Description = "Where to start.", HelpName = "N" };

    private static readonly Option<long> Limit = new("--limit")
    {
        Description = "At most so many events.",
        HelpName = "N",
        DefaultValueFactory = static _ => 100,
    };

    public static Command Create()
    {
        Limit.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<long>() < 1)
            {
                result.AddError("--limit: must be 1 or more.");
            }
        });
        var command = new Command("replay", "Print events that a topic's log holds.") { Topic, Offset, Limit };
        command.SetAction((parsed, cancellationToken) =>
            CliSession.RunAsync(parsed, session => RunAsync(session, parsed, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var topic = TopicName.Parse(parsed.GetValue(Topic));
        var next = new LogOffset(parsed.GetValue(Offset));
        var left = parsed.GetValue(Limit);
        ReadPage page;
        do
        {
            page = await session.Client.ReadAsync(topic, next, (int)Math.Min(left, PageSize), cancellationToken);
            foreach (var item in page.Events)
            {
                await session.Output.WriteLineAsync(session.IsJson ? EventLine.ForPrograms(item) : EventLine.ForPeople(item));
            }

            left -= page.Events.Count;
            next = page.Next;
        }
        while (left > 0 && page.Next < page.End);

        return ExitCode.Ok;
    }
}
