using System.Text;
using System.Text.Json;
using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Topics;
using Spectre.Console;

namespace EventMesh.Cli.Commands;

/// <summary>Publishes lines, many under way at once, and shows how far it is.</summary>
internal sealed class LinePublisher(CliSession session, TopicName topic, PublishOptions options)
{
    private const int MaxUnderWay = 4_096;

    private readonly Queue<Task<Receipt>> _underWay = new();
    private long _published;

    /// <summary>Events stored.</summary>
    public long Count { get; private set; }

    public Receipt First { get; private set; }

    public Receipt Last { get; private set; }

    /// <summary>Publishes every line that is not empty. Stops at the first that is not JSON, or that the node refuses, and says which.</summary>
    public async Task RunAsync(StreamReader lines, Stream? file, CancellationToken cancellationToken)
    {
        if (file is null || session.IsJson || !session.People.Profile.Capabilities.Interactive)
        {
            await PublishAsync(lines, static () => { }, cancellationToken);
            return;
        }

        await session.People.Progress().HideCompleted(true).StartAsync(async progress =>
        {
            var task = progress.AddTask($"publishing to {Markup.Escape(topic.Value)}", maxValue: Math.Max(1, file.Length));
            await PublishAsync(lines, () => task.Value = file.Position, cancellationToken);
        });
    }

    private async Task PublishAsync(StreamReader lines, Action onProgress, CancellationToken cancellationToken)
    {
        var number = 0L;
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            var payload = Encoding.UTF8.GetBytes(line);
            if (!IsJson(payload))
            {
                await DrainAsync(0);
                throw new EventMeshException(
                    MeshErrorCode.InvalidArgument, $"Line {number} is not JSON; the {Count} events before it are stored. Text that is not JSON goes with --payload.");
            }

            _underWay.Enqueue(session.Client.PublishAsync(topic, payload, Next(), cancellationToken).AsTask());
            await DrainAsync(MaxUnderWay);
            onProgress();
        }

        await DrainAsync(0);
    }

    /// <summary>The options of the next line: each has the producer's next number.</summary>
    private PublishOptions Next()
    {
        var next = options.Producer.IsNone
            ? options
            : options with { Producer = options.Producer with { FirstSequence = options.Producer.FirstSequence + _published } };
        _published++;
        return next;
    }

    private async Task DrainAsync(int left)
    {
        while (_underWay.Count > left)
        {
            Last = await _underWay.Dequeue();
            First = Count++ == 0 ? Last : First;
        }
    }

    private static bool IsJson(byte[] line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            while (reader.Read())
            {
                reader.Skip();
            }

            return true;
        }
        catch (JsonException)
        {
            // The answer to the question, not a failure.
            return false;
        }
    }
}
