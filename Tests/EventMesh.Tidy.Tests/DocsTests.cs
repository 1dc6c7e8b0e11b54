using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EventMesh.Tidy.Tests;

/// <summary>What the docs cite exists: paths, links, types and members, commands and their options.</summary>
public sealed partial class DocsTests
{
    /// <summary>Names of other people's software that the docs may cite as code.</summary>
    private static readonly HashSet<string> Foreign = new(StringComparer.Ordinal)
    {
        "IHost", "TestingHost", "EventMesh", "InProcessTestCluster", "IClusterClient", "IGrainStorage", "TimeProvider", "IAsyncEnumerable",
        "NotSupportedException", "SocketsHttpHandler", "DependencySet", "AlwaysInterleave", "EventStream", "WebApplication",
        "CancellationToken", "GrainTypeOptions", "AddEventMesh", "MapEventMesh", "OrleansApplicationPart", "LinkSession",
        "ProjectReference", "PackageReference", "Environment.CurrentManagedThreadId",
    };

    private static readonly Lazy<HashSet<string>> Declared = new(CollectDeclared);

    private static readonly Lazy<HashSet<string?>> FileNames = new(() => Repository.Files("").Select(Path.GetFileName).ToHashSet());

    [Fact]
    public void Links_LeadSomewhere() => Findings.AssertNone(
        "A relative link in a page names a file that exists.",
        from page in Pages()
        from Match link in Link().Matches(Repository.Read(page))
        let target = link.Groups[1].Value.Split('#')[0]
        where target.Length > 0 && !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith("mailto:", StringComparison.Ordinal)
        let path = Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, target)))
        where !Repository.Exists(path)
        select $"{page}: {link.Groups[1].Value}");

    [Fact]
    public void CitedPaths_Exist() => Findings.AssertNone(
        "A path cited in a page exists.",
        from page in Pages()
        from span in Spans(page)
        where PathLike().IsMatch(span) && Directory.Exists(Path.Combine(Repository.Root, span.Split('/')[0]))
        where !Repository.Exists(span.TrimEnd('/'))
        select $"{page}: `{span}`");

    [Fact]
    public void CitedTypes_Exist() => Findings.AssertNone(
        "A type or member cited in a page is declared in the code, or is a known name of other software.",
        from page in Pages()
        from span in Spans(page)
        where TypeLike().IsMatch(span) && !span.Contains("__", StringComparison.Ordinal)
        let name = span.TrimEnd('(', ')').Split('<')[0]
        where !FileNames.Value.Contains(span) && !Repository.Exists(span)
        where !Foreign.Contains(name) && !name.Split('.').All(part => Declared.Value.Contains(part))
        select $"{page}: `{span}`");

    [Fact]
    public void CitedProjects_CanBeRun() => Findings.AssertNone(
        "A project that a page says to run or test exists.",
        from page in Pages()
        from Match command in ProjectCommand().Matches(Repository.Read(page))
        where !Repository.Exists(command.Groups[1].Value.TrimEnd('/', '.', '`'))
        select $"{page}: {command.Value}");

    [Fact]
    public void CitedVerbsAndOptions_AreTheCommandLines()
    {
        var words = string.Concat(Repository.Sources.Where(source => source.IsIn("Cli", "Silo", "Hosting")).Select(source => source.Tree.ToString()))
            + string.Concat(Repository.Files("soak").Select(Repository.Read));

        Findings.AssertNone(
            "A verb or option that a page gives is one that the command line knows.",
            from page in Pages()
            from Match line in CommandLine().Matches(Repository.Read(page))
            from word in Words(line)
            where word is not ("--help" or "--version")
            where !words.Contains($"\"{word}\"", StringComparison.Ordinal) && !words.Contains($"{word})", StringComparison.Ordinal)
            select $"{page}: {line.Value.Trim()} ({word})");
    }

    private static IEnumerable<string> Words(Match line)
    {
        if (line.Groups["verb"].Value is { Length: > 0 } verb)
        {
            yield return verb;
        }

        foreach (Match option in Option().Matches(line.Groups["rest"].Value))
        {
            yield return option.Value.Trim();
        }
    }

    /// <summary>Pages that describe the product as it is. A changelog tells what was, so it may name what is gone.</summary>
    private static IEnumerable<string> Pages() => Repository.Files(".md").Where(page => page != "CHANGELOG.md");

    private static IEnumerable<string> Spans(string page) =>
        Span().Matches(Fence().Replace(Repository.Read(page), "")).Select(match => match.Groups[1].Value);

    private static HashSet<string> CollectDeclared()
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var node in Repository.Sources.SelectMany(source => source.Syntax.DescendantNodes()))
        {
            var name = node switch
            {
                BaseTypeDeclarationSyntax type => type.Identifier.Text,
                DelegateDeclarationSyntax type => type.Identifier.Text,
                MethodDeclarationSyntax method => method.Identifier.Text,
                PropertyDeclarationSyntax property => property.Identifier.Text,
                EnumMemberDeclarationSyntax member => member.Identifier.Text,
                VariableDeclaratorSyntax { Parent.Parent: FieldDeclarationSyntax } field => field.Identifier.Text,
                ParameterSyntax { Parent.Parent: RecordDeclarationSyntax } parameter => parameter.Identifier.Text,
                _ => null,
            };
            if (name is not null)
            {
                names.Add(name);
            }
        }

        foreach (var proto in Repository.Files(".proto"))
        {
            names.UnionWith(ProtoName().Matches(Repository.Read(proto)).Select(match => match.Groups[1].Value));
        }

        return names;
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`([^`\n]+)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^\.?[A-Za-z][\w.\-]*(/[\w.\-]+)+/?$")]
    private static partial Regex PathLike();

    [GeneratedRegex(@"^[A-Z][a-z0-9]+[A-Z]\w*(<\w+>)?(\.\w+)?(\(\))?$|^I[A-Z][a-z]\w+(<\w+>)?(\.\w+)?(\(\))?$")]
    private static partial Regex TypeLike();

    [GeneratedRegex(@"dotnet (?:run --project|test|build) ([A-Z][\w./]*)")]
    private static partial Regex ProjectCommand();

    [GeneratedRegex(@"(?:dotnet run --project (?:Cli|Silo) --|\beventmesh)(?: (?<verb>[a-z]+))?(?<rest>(?: [^`\n|]*)?)")]
    private static partial Regex CommandLine();

    [GeneratedRegex(@"(?<![\w-])--[a-z][a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex(@"^\s*(?:message|service|rpc|enum)\s+(\w+)", RegexOptions.Multiline)]
    private static partial Regex ProtoName();
}
