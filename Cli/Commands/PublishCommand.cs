using System.CommandLine;
using EventMesh.Cli.Output;
using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Cli.Commands;

/// <summary><c>eventmesh publish</c>: one event, or one for each line of JSON.</summary>
internal static class PublishCommand
{
    private static readonly Option<string> Topic = new("--topic") { Description = "The topic.", Required = true, HelpName = "TOPIC" };

    private static readonly Option<string?> Payload = new("--payload")
    {
        Description = "The event. Without it, every line of --file or of standard input is one event, in JSON.",
        HelpName = "TEXT",
    };

    private static readonly Option<FileInfo?> Source = new("--file") { Description = "A file with one JSON value a line.", HelpName = "PATH" };

    private static readonly Option<string[]> Headers = new("--header") { Description = "A header, name=value; may be repeated.", HelpName = "NAME=VALUE" };

    private static readonly Option<string?> Producer = new("--producer")
    {
        Description = "Who publishes: an event that is published again under the same number is stored once.",
        HelpName = "ID",
    };

    private static readonly Option<long?> Sequence = new("--sequence")
    {
        Description = "The producer's number of the first event in the topic, from 0; the others follow. Default: 0.",
        HelpName = "N",
    };

    private static readonly Option<Durability> Level = new("--durability")
    {
        Description = "What the receipt waits for: Memory, Os or Disk. Default: what the node has for the topic.",
        DefaultValueFactory = static _ => Durability.Default,
    };

    public static Command Create()
    {
        var command = new Command("publish", "Publish an event, or one for each line of JSON.")
        {
            Topic, Payload, Source, Headers, Producer, Sequence, Level,
        };
        command.Validators.Add(static result =>
        {
            if (result.GetValue(Payload) is not null && result.GetValue(Source) is not null)
            {
                result.AddError("--payload and --file exclude each other.");
            }

            if (result.GetValue(Sequence) is { } number && (number < 0 || result.GetValue(Producer) is null))
            {
                result.AddError("--sequence must be 0 or more, and needs --producer.");
            }
        });
        command.SetAction((parsed, cancellationToken) =>
            CliSession.RunAsync(parsed, session => RunAsync(session, parsed, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var topic = TopicName.Parse(parsed.GetValue(Topic));
        var options = new PublishOptions
        {
            Durability = parsed.GetValue(Level),
            Headers = ReadHeaders(parsed.GetValue(Headers) ?? []),
            Producer = parsed.GetValue(Producer) is { } producer ? new ProducerStamp(ProducerId.Parse(producer), parsed.GetValue(Sequence) ?? 0) : default,
        };
        if (parsed.GetValue(Payload) is { } payload)
        {
            var receipt = await session.Client.PublishAsync(topic, System.Text.Encoding.UTF8.GetBytes(payload), options, cancellationToken);
            await WriteAsync(session, topic, 1, receipt, receipt);
            return ExitCode.Ok;
        }

        if (parsed.GetValue(Source) is null && !Console.IsInputRedirected)
        {
            await Console.Error.WriteLineAsync("Reading one JSON value a line from the terminal; an empty input ends it (Ctrl-D).");
        }

        using var input = parsed.GetValue(Source)?.OpenRead() ?? Console.OpenStandardInput();
        using var lines = new StreamReader(input);
        var publisher = new LinePublisher(session, topic, options);
        await publisher.RunAsync(lines, input.CanSeek ? input : null, cancellationToken);
        if (publisher.Count > 0)
        {
            await WriteAsync(session, topic, publisher.Count, publisher.First, publisher.Last);
        }
        else
        {
            await Console.Error.WriteLineAsync("Nothing was published: the input held no line. Give an event with --payload, or lines with --file.");
        }

        return ExitCode.Ok;
    }

    private static List<KeyValuePair<string, string>> ReadHeaders(string[] texts)
    {
        var headers = new List<KeyValuePair<string, string>>();
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            headers.Add(equals > 0
                ? new(text[..equals], text[(equals + 1)..])
                : throw new EventMeshException(MeshErrorCode.InvalidHeaders, $"--header: '{text}' must be name=value."));
        }

        return headers;
    }

    private static async Task WriteAsync(CliSession session, TopicName topic, long count, Receipt first, Receipt last)
    {
        if (session.IsJson)
        {
            await session.Output.WriteLineAsync(JsonLine.Of(new
            {
                topic = topic.Value,
                count,
                origin = first.Origin.Node.Value,
                incarnation = first.Origin.Incarnation.Value,
                firstSequence = first.Sequence,
                firstOffset = first.Offset.Value,
                lastOffset = last.Offset.Value,
                durability = last.Durability.ToString(),
                duplicate = first.IsDuplicate && last.IsDuplicate,
            }));
            return;
        }

        var how = $"durability {last.Durability}{(first.IsDuplicate ? "; it had been stored before" : "")}";
        await session.Output.WriteLineAsync(count == 1
            ? $"Stored at {first.Origin.Node}: {topic} #{first.Offset} ({how})."
            : $"Stored {count:N0} events at {first.Origin.Node}: {topic} #{first.Offset} to #{last.Offset} ({how}).");
    }
}
