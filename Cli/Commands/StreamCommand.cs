using System.CommandLine;
using System.Globalization;
using EventMesh.Cli.Output;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Cli.Commands;

/// <summary><c>eventmesh stream</c>: prints events as they come.</summary>
internal static class StreamCommand
{
    private static readonly Option<string[]> Topics = new("--topic")
    {
        Description = "Topic or pattern (* is one segment, a final > one or more); may be repeated.",
        Required = true,
        HelpName = "PATTERN",
    };

    private static readonly Option<string> From = new("--from")
    {
        Description = "earliest, live, or an offset of one topic.",
        HelpName = "WHERE",
        DefaultValueFactory = static _ => "live",
    };

    private static readonly Option<long?> Count = new("--count") { Description = "Stop after so many events.", HelpName = "N" };

    public static Command Create()
    {
        Count.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<long?>() is < 1)
            {
                result.AddError("--count: must be 1 or more.");
            }
        });
        var command = new Command("stream", "Print events as they come, until Ctrl-C.") { Topics, From, Count };
        command.SetAction((parsed, cancellationToken) =>
            CliSession.RunAsync(parsed, session => RunAsync(session, parsed, cancellationToken), cancelled: ExitCode.Ok));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = Options(parsed.GetValue(Topics)!, parsed.GetValue(From)!);
        var left = parsed.GetValue(Count) ?? long.MaxValue;
        await using var subscription = await session.Client.OpenSubscriptionAsync(options, cancellationToken);
        if (!session.IsJson)
        {
            await Console.Error.WriteLineAsync($"Subscribed to {string.Join(", ", options.Patterns)} at {session.Server}; Ctrl-C ends it.");
        }

        await using var events = subscription.GetAsyncEnumerator(cancellationToken);
        while (left-- > 0)
        {
            var next = events.MoveNextAsync();
            if (!next.IsCompleted)
            {
                // Nothing more is there: what was printed so far is to be seen now. Not given up at Ctrl-C: the read under way must end before the enumerator.
                await session.Output.FlushAsync(CancellationToken.None);
            }

            if (!await next)
            {
                break;
            }

            await session.Output.WriteLineAsync(session.IsJson ? EventLine.ForPrograms(events.Current) : EventLine.ForPeople(events.Current));
        }

        return ExitCode.Ok;
    }

    private static SubscribeOptions Options(string[] patterns, string from)
    {
        var options = new SubscribeOptions { Patterns = [.. patterns.Select(TopicPattern.Parse)] };
        return from switch
        {
            "live" => options,
            "earliest" => options with { Start = SubscriptionStart.Earliest },
            _ when long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) =>
                options with { Start = SubscriptionStart.Offset, Offset = new LogOffset(offset) },
            _ => throw new EventMeshException(MeshErrorCode.InvalidArgument, $"--from: '{from}' must be earliest, live or an offset."),
        };
    }
}
