using System.CommandLine;
using System.Text;
using EventMesh.Client;
using EventMesh.Core.Errors;
using Spectre.Console;

namespace EventMesh.Cli;

/// <summary>What a command works with: a client, and where to write.</summary>
internal sealed class CliSession : IAsyncDisposable
{
    private static readonly TimeSpan LongestConnect = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(4);

    private readonly Lazy<IMeshClient> _client;

    private CliSession(ParseResult parsed)
    {
        Server = parsed.GetValue(GlobalOptions.Server)!;
        IsJson = parsed.GetValue(GlobalOptions.Json);
        var timeout = TimeSpan.FromSeconds(parsed.GetValue(GlobalOptions.Timeout));
        _client = new(() => MeshClient.ForGrpc(Server, new MeshClientOptions
        {
            RequestTimeout = timeout,
            ConnectTimeout = timeout < LongestConnect ? timeout : LongestConnect,
            MaxRetryTime = timeout < LongestRetry ? timeout : LongestRetry,
        }));
        Output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 16 * 1024);
    }

    public string Server { get; }

    public bool IsJson { get; }

    /// <summary>A client of the node; commands that need none never make it.</summary>
    public IMeshClient Client => _client.Value;

    /// <summary>Standard output, buffered: whoever waits flushes first.</summary>
    public TextWriter Output { get; }

    /// <summary>For people.</summary>
    public IAnsiConsole People { get; } = CreateConsole();

    /// <summary>Runs a command and turns what goes wrong into a sentence and an exit code.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancelled">What Ctrl-C means for it.</param>
    public static async Task<int> RunAsync(ParseResult parsed, Func<CliSession, Task<int>> command, int cancelled = ExitCode.Failed)
    {
        try
        {
            await using var session = new CliSession(parsed);
            return await command(session);
        }
        catch (OperationCanceledException)
        {
            return cancelled;
        }
        catch (EventMeshException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Code.ToLabel()} {exception.Message}");
            if (Advice(exception.Code) is { } advice)
            {
                await Console.Error.WriteLineAsync(advice);
            }

            return IsUsage(exception.Code) ? ExitCode.Usage : ExitCode.Failed;
        }
        catch (IOException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return ExitCode.Failed;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Output.FlushAsync();
        await Output.DisposeAsync();
        if (_client.IsValueCreated)
        {
            await _client.Value.DisposeAsync();
        }
    }

    /// <summary>What reads a pipe wants neither colours nor lines broken at the width of a screen that is not there.</summary>
    private static IAnsiConsole CreateConsole()
    {
        if (!Console.IsOutputRedirected)
        {
            return AnsiConsole.Console;
        }

        var plain = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors });
        plain.Profile.Width = 1_000;
        return plain;
    }

    private static bool IsUsage(MeshErrorCode code) => code
        is MeshErrorCode.InvalidTopic
        or MeshErrorCode.InvalidPattern
        or MeshErrorCode.InvalidArgument
        or MeshErrorCode.InvalidHeaders
        or MeshErrorCode.InvalidProducer
        or MeshErrorCode.InvalidConfiguration;

    private static string? Advice(MeshErrorCode code) => code switch
    {
        MeshErrorCode.NodeNotReady => "Start a node with 'dotnet run --project Silo', or name another with --server.",
        MeshErrorCode.TopicUnknown => "See what there is with 'eventmesh topics'.",
        MeshErrorCode.InvalidOffset => "See which offsets there are with 'eventmesh topics'.",
        MeshErrorCode.Busy or MeshErrorCode.LogFull => "The node is at a limit: try again in a moment.",
        MeshErrorCode.ProducerOutOfOrder or MeshErrorCode.ProducerUnknown => "Look with 'eventmesh replay' what is stored, then go on with --sequence, or under another --producer.",
        MeshErrorCode.OutcomeUnknown => "Look with 'eventmesh replay' before you publish it again.",
        _ => null,
    };
}
