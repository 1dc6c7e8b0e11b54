using EventMesh.Core.Errors;
using EventMesh.Hosting;

namespace EventMesh.Silo;

/// <summary>How much the process logs: one level for the mesh; libraries below it speak up from warnings on, unless details are asked for.</summary>
internal static class SiloLogging
{
    public const string Key = "LogLevel";

    /// <exception cref="EventMeshException"><c>InvalidConfiguration</c>.</exception>
    public static void Configure(ILoggingBuilder logging, IConfiguration configuration)
    {
        var level = Read(configuration[$"{EventMeshOptions.Section}:{Key}"]);
        logging.SetMinimumLevel(level is LogLevel.Trace or LogLevel.Debug or > LogLevel.Warning ? level : LogLevel.Warning);
        logging.AddFilter("EventMesh", level);
        // What keeps the host from starting is said in words by the program; the host would say it first, as a stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", level is LogLevel.Trace or LogLevel.Debug ? level : LogLevel.None);
        logging.AddSimpleConsole(static console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.UseUtcTimestamp = true;
        });
    }

    private static LogLevel Read(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return LogLevel.Information;
        }

        // A number would parse as well, and mean nothing to the reader of the configuration.
        return Enum.TryParse<LogLevel>(text, ignoreCase: true, out var level) && !char.IsAsciiDigit(text[0]) && text[0] != '-'
            ? level
            : throw new EventMeshException(
                MeshErrorCode.InvalidConfiguration,
                $"{MeshErrorCode.InvalidConfiguration.ToLabel()} {EventMeshOptions.Section}:{Key}: '{text}' must be trace, debug, information, warning, error, critical or none.");
    }
}
