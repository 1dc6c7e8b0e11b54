using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace EventMesh.Tidy.Tests;

/// <summary>The files of the repository, as the tests look at them. Read once.</summary>
internal static class Repository
{
    private static readonly string[] Skipped = ["artifacts", "bin", "obj", ".git", "TestResults", "node_modules"];

    private static readonly Lazy<IReadOnlyList<SourceFile>> LazySources = new(LoadSources);

    /// <summary>The folder that holds the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every C# file, parsed.</summary>
    public static IReadOnlyList<SourceFile> Sources => LazySources.Value;

    /// <summary>Every file with the extension, as a path relative to the root with forward slashes.</summary>
    public static IEnumerable<string> Files(string extension) => Walk(Root)
        .Where(path => path.EndsWith(extension, StringComparison.Ordinal))
        .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
        .Order(StringComparer.Ordinal);

    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    public static bool Exists(string relative) =>
        File.Exists(Path.Combine(Root, relative)) || Directory.Exists(Path.Combine(Root, relative));

    private static IEnumerable<string> Walk(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            yield return file;
        }

        foreach (var child in Directory.EnumerateDirectories(folder).Where(child => !Skipped.Contains(Path.GetFileName(child))))
        {
            foreach (var file in Walk(child))
            {
                yield return file;
            }
        }
    }

    private static List<SourceFile> LoadSources() => Files(".cs")
        .AsParallel()
        .Select(path => new SourceFile(path, CSharpSyntaxTree.ParseText(Read(path), new CSharpParseOptions(LanguageVersion.Preview))))
        .OrderBy(source => source.Path, StringComparer.Ordinal)
        .ToList();

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(here)!);
        while (!File.Exists(Path.Combine(folder.FullName, "EventMesh.Orleans.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"No EventMesh.Orleans.sln above {here}.");
        }

        return folder.FullName;
    }
}

/// <summary>One C# file.</summary>
internal sealed record SourceFile(string Path, SyntaxTree Tree)
{
    public SyntaxNode Syntax => Tree.GetRoot();

    public bool IsIn(params string[] rooms) => rooms.Any(room => Path.StartsWith(room + "/", StringComparison.Ordinal));

    public string Place(SyntaxNode node) => $"{Path}:{Tree.GetLineSpan(node.Span).StartLinePosition.Line + 1}";
}
