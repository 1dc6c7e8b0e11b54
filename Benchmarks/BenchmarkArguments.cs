using System.Globalization;

namespace EventMesh.Benchmarks;

/// <summary>The command line.</summary>
internal sealed record BenchmarkArguments
{
    public const string Usage = """
        Usage: dotnet run -c Release --project Benchmarks -- [name ...] [options]

          name ...       which benchmarks to run; all if none is named
          --list         say which there are
          --only TEXT    only cases whose load holds the text, with their controls
          --seconds N    how long each case is measured, 0.03 to 600 (default 1.5); warming up takes as long again
          --memory       publish, subscribe and link: nodes that keep events in memory instead of in files
          --json         one JSON object on standard output; progress goes to standard error
          --help         this text
        """;

    private const double DefaultSeconds = 1.5;

    public IReadOnlyList<string> Names { get; init; } = [];

    public TimeSpan PerCase { get; init; } = TimeSpan.FromSeconds(DefaultSeconds);

    /// <summary>What a case's load must hold; empty for all.</summary>
    public string Only { get; init; } = "";

    public bool Json { get; init; }

    /// <summary>Whether nodes keep events in memory.</summary>
    public bool Memory { get; init; }

    public bool List { get; init; }

    public bool Help { get; init; }

    /// <exception cref="FormatException">What cannot be understood, and what could.</exception>
    public static BenchmarkArguments Parse(IReadOnlyList<string> arguments, IReadOnlyCollection<string> known)
    {
        var parsed = new BenchmarkArguments();
        for (var i = 0; i < arguments.Count; i++)
        {
            parsed = arguments[i] switch
            {
                "--list" => parsed with { List = true },
                "--memory" => parsed with { Memory = true },
                "--json" => parsed with { Json = true },
                "--help" or "-h" => parsed with { Help = true },
                "--only" => parsed with { Only = ++i < arguments.Count ? arguments[i] : throw new FormatException("--only takes a text.") },
                "--seconds" => parsed with { PerCase = Seconds(++i < arguments.Count ? arguments[i] : "") },
                var name when known.Contains(name) => parsed with { Names = [.. parsed.Names, name] },
                var other => throw new FormatException($"'{other}' is neither an option nor a benchmark ({string.Join(", ", known)})."),
            };
        }

        return parsed;
    }

    private static TimeSpan Seconds(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.03 and <= 600
            ? TimeSpan.FromSeconds(seconds)
            : throw new FormatException($"--seconds takes 0.03 to 600, not '{text}'.");
}
