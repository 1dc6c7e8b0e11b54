using EventMesh.Core.Errors;
using EventMesh.Hosting;
using Microsoft.Extensions.Options;

namespace EventMesh.Silo;

/// <summary>The program: reads the command line, runs a silo until it is told to stop, and says in words what keeps it from running.</summary>
internal static class SiloProgram
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        if (args.Any(static arg => arg is "--help" or "-h" or "-?"))
        {
            await output.WriteLineAsync(SiloFlags.Help);
            return ExitCode.Ok;
        }

        if (!SiloFlags.TryParse(args, out var flags, out var problem))
        {
            await error.WriteLineAsync(problem);
            return ExitCode.Refused;
        }

        try
        {
            var hasStarted = false;
            await using var app = SiloHost.Build(flags, () => Volatile.Read(ref hasStarted));
            await StartAsync(app);
            Volatile.Write(ref hasStarted, true);
            await output.WriteLineAsync(Banner.Describe(app.Services));
            await app.WaitForShutdownAsync();
            return ExitCode.Ok;
        }
        catch (Exception exception) when (Explain(exception) is { } explanation)
        {
            await error.WriteLineAsync(explanation.Text);
            return explanation.Code;
        }
    }

    /// <summary>The silo starts before the ports are opened: where they cannot be, it is stopped while its services still live.</summary>
    private static async Task StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (IOException)
        {
            await app.StopAsync();
            throw;
        }
    }

    /// <summary>What a person can act on; null for what only a stack trace explains.</summary>
    private static (string Text, int Code)? Explain(Exception exception) => exception switch
    {
        OptionsValidationException invalid => (string.Join(Environment.NewLine, invalid.Failures), ExitCode.Refused),
        EventMeshException { Code: MeshErrorCode.InvalidConfiguration or MeshErrorCode.InvalidNodeId } refused => (refused.Message, ExitCode.Refused),
        EventMeshException failed => ($"{failed.Code.ToLabel()} {failed.Message}", ExitCode.Failed),
        IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } taken => (
            $"{taken.Message} Choose another port with --http-port ({EventMeshOptions.Section}:{nameof(EventMeshOptions.HttpPort)}) " +
            $"or --peer-listen ({EventMeshOptions.Section}:{nameof(EventMeshOptions.PeerListen)}).",
            ExitCode.Failed),
        { InnerException: { } inner } => Explain(inner),
        _ => null,
    };
}
