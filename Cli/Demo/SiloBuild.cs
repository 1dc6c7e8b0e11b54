using System.Diagnostics;
using System.Reflection;
using EventMesh.Core.Errors;

namespace EventMesh.Cli.Demo;

/// <summary>Finds the silo program of this repository, built with the same dependencies as this tool; builds it if it is not there.</summary>
internal sealed class SiloBuild
{
    private const string KeyPrefix = "EventMesh__";
    private const string SegmentBytes = "8388608";
    private readonly string _program;

    private SiloBuild(string root, string program)
    {
        SampleDirectory = Path.Combine(root, "samples", "flights");
        _program = program;
    }

    public string SampleDirectory { get; }

    public static async Task<SiloBuild> FindAsync(CancellationToken cancellationToken)
    {
        var root = FindRoot();
        var set = Metadata("DependencySet");
        var configuration = Metadata("Configuration");
        var program = Path.Combine(root, "artifacts", set, "bin", "EventMesh.Silo", configuration.ToLowerInvariant(), "EventMesh.Silo.dll");
        if (!File.Exists(program))
        {
            await Console.Error.WriteLineAsync("Building the silo...");
            await BuildAsync(root, set, configuration, cancellationToken);
        }

        return new SiloBuild(root, program);
    }

    /// <summary>A silo of its own: without the keys that this process was started with, and with little room taken ahead, for it lives for seconds.</summary>
    public ProcessStartInfo StartInfo()
    {
        var start = Dotnet();
        foreach (var key in start.Environment.Keys.Where(static key => key.StartsWith(KeyPrefix, StringComparison.OrdinalIgnoreCase)).ToList())
        {
            start.Environment.Remove(key);
        }

        start.Environment[$"{KeyPrefix}Storage__Files__SegmentBytes"] = SegmentBytes;
        start.Environment[$"{KeyPrefix}Storage__Files__SpareSegments"] = "1";
        start.ArgumentList.Add(_program);
        return start;
    }

    private static string FindRoot()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "EventMesh.Orleans.sln")))
            {
                return directory.FullName;
            }
        }

        throw new EventMeshException(MeshErrorCode.InvalidConfiguration, "The demo starts silos from the repository: run it there, with 'dotnet run --project Cli -- demo'.");
    }

    private static async Task BuildAsync(string root, string set, string configuration, CancellationToken cancellationToken)
    {
        var start = Dotnet();
        string[] arguments = ["build", Path.Combine(root, "Silo"), "--nologo", "-v:q", "-c", configuration, $"-p:DependencySet={set}"];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var build = Process.Start(start) ?? throw new EventMeshException(MeshErrorCode.InvalidConfiguration, "dotnet cannot be started.");
        var output = build.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = build.StandardError.ReadToEndAsync(cancellationToken);
        await build.WaitForExitAsync(cancellationToken);
        if (build.ExitCode != 0)
        {
            throw new EventMeshException(MeshErrorCode.InvalidConfiguration, $"The silo cannot be built:{Environment.NewLine}{await output}{await errors}");
        }
    }

    private static ProcessStartInfo Dotnet() => new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private static string Metadata(string key) => typeof(SiloBuild).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(attribute => attribute.Key == key)?.Value ?? "";
}
