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

    public static Option<double> Timeout { get; } = Seconds();

    public static void AddTo(RootCommand root)
    {
        root.Options.Add(Server);
        root.Options.Add(Json);
        root.Options.Add(Timeout);
    }

    private static Option<double> Seconds()
    {
        var option = new Option<double>("--timeout")
        {
            Description = "How many seconds the node may take to answer, 0.1 to 600.",
            Recursive = true,
            HelpName = "SECONDS",
            DefaultValueFactory = static _ => 10,
        };
        option.Validators.Add(static result =>
        {
            if (result.Tokens is [var token] && !IsInRange(token.Value))
            {
                result.AddError($"--timeout: '{token.Value}' must be 0.1 to 600 seconds.");
            }
        });
        return option;
    }

    private static bool IsInRange(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.1 and <= 600;
}
