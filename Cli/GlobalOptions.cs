using System.CommandLine;
using System.Globalization;

namespace EventMesh.Cli;

/// <summary>Options of every command.</summary>
internal static class GlobalOptions
{
    public static Option<string> Server { get; } = new("--server")
    {
        Description = "The node's client port.",
        Recursive = true,
        DefaultValueFactory = static _ => "http://127.0.0.1:8081",
        HelpName = "URL",
    };

    public static Option<bool> Json { get; } = new("--json")
    {
        Description = "Print JSON, one object a line, for programs to read.",
        Recursive = true,
    };

    public static Option<TimeSpan> Timeout { get; } = new("--timeout")
    {
        Description = "How many seconds the node may take to answer.",
        Recursive = true,
        HelpName = "SECONDS",
        DefaultValueFactory = static _ => TimeSpan.FromSeconds(10),
        CustomParser = static result =>
        {
            if (double.TryParse(result.Tokens[0].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.1 and <= 600)
            {
                return TimeSpan.FromSeconds(seconds);
            }

            result.AddError($"--timeout: '{result.Tokens[0].Value}' must be 0.1 to 600 seconds.");
            return default;
        },
    };

    public static void AddTo(RootCommand root)
    {
        root.Options.Add(Server);
        root.Options.Add(Json);
        root.Options.Add(Timeout);
    }
}
