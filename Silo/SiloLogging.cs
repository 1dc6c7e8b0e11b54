using EventMesh.Core.Errors;
using EventMesh.Hosting;

namespace EventMesh.Silo;

/// <summary>How much the process logs: one level for the mesh; libraries below it speak up from warnings on, unless details are asked for.</summary>
internal static class SiloLogging
{
    public const string Key = "LogLevel";

    /// <summary>Who tells of a failed start: the host, and several parts of Orleans before and after it.</summary>
    private static readonly string[] StartTellers = ["Microsoft.Extensions.Hosting.Internal.Host", "Orleans"];

    /// <param name="logging">What to configure.</param>
    /// <param name="configuration">Says the level.</param>
    /// <param name="hasStarted">Whether the silo runs.</param>
    /// <exception cref="EventMeshException"><c>InvalidConfiguration</c>.</exception>
    public static void Configure(ILoggingBuilder logging, IConfiguration configuration, Func<bool> hasStarted)
    {
        var level = Read(configuration[$"{EventMeshOptions.Section}:{Key}"]);
        var libraries = level is LogLevel.Trace or LogLevel.Debug or > LogLevel.Warning ? level : LogLevel.Warning;
        logging.SetMinimumLevel(libraries);
        logging.AddFilter("EventMesh", level);
        if (level > LogLevel.Debug)
        {
            // What keeps the silo from starting is said in words by the program; they would say it as well, as stack traces.
            Array.ForEach(StartTellers, category => logging.AddFilter(category, entry => entry >= libraries && hasStarted()));
        }

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
