using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EventMesh.Tidy.Tests;

public sealed partial class BannedCallsTests
{
    private static readonly string[] Rooms =
    [
        "Core", "Storage", "PeerLink", "PeerLink.Grpc", "Grains.Interfaces", "Grains", "Hosting", "Silo", "Client", "Cli", "Tests", "samples",
    ];

    private static readonly string[] BannedMembers =
    [
        "DateTime.Now", "DateTime.UtcNow", "DateTimeOffset.Now", "DateTimeOffset.UtcNow", "Random.Shared", "Thread.Sleep",
        "Environment.TickCount", "Environment.TickCount64", "Stopwatch.StartNew",
    ];

    [Fact]
    public void ClockAndChance_ComeThroughASeam() => Findings.AssertNone(
        "Time comes from a TimeProvider and chance from a seeded Random that is handed in.",
        from source in Repository.Sources
        where source.IsIn(Rooms)
        from access in source.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
        where BannedMembers.Contains(access.ToString())
        select $"{source.Place(access)}: {access}");

    [Fact]
    public void Random_IsSeeded() => Findings.AssertNone(
        "new Random() has no seed that a failure could print.",
        from source in Repository.Sources
        where source.IsIn(Rooms)
        from creation in source.Syntax.DescendantNodes().OfType<ObjectCreationExpressionSyntax>()
        where creation.Type.ToString() is "Random" or "System.Random" && creation.ArgumentList?.Arguments.Count is null or 0
        select source.Place(creation));

    [Fact]
    public void Delays_TakeATimeProvider() => Findings.AssertNone(
        "Task.Delay takes the TimeProvider as its second argument.",
        from source in Repository.Sources
        where source.IsIn(Rooms)
        from call in source.Syntax.DescendantNodes().OfType<InvocationExpressionSyntax>()
        where call.Expression.ToString() == "Task.Delay" && call.ArgumentList.Arguments.Count < 2
            || (call.Expression.ToString() == "Task.Delay" && call.ArgumentList.Arguments[1].ToString().Contains("oken", StringComparison.Ordinal))
        select $"{source.Place(call)}: {call}");

    [Fact]
    public void Catches_AreNotEmpty() => Findings.AssertNone(
        "A catch block handles, rethrows, or says in a sentence why it may do nothing.",
        from source in Repository.Sources
        from clause in source.Syntax.DescendantNodes().OfType<CatchClauseSyntax>()
        where clause.Block.Statements.Count == 0 && !clause.Block.DescendantTrivia().Any(IsSentence)
        select source.Place(clause));

    [Fact]
    public void Code_HasNoRegionsAndNoDependencySetBranches() => Findings.AssertNone(
        "No #region; no #if in product code or tests: the dependency set is chosen by eng/ alone.",
        from source in Repository.Sources
        from trivia in source.Syntax.DescendantTrivia(descendIntoTrivia: true)
        where trivia.Kind() is SyntaxKind.RegionDirectiveTrivia or SyntaxKind.IfDirectiveTrivia
        select $"{source.Path}: {trivia.ToString().Trim()}");

    [Fact]
    public void Code_HasNothingUnfinished() => Findings.AssertNone(
        "Unfinished work belongs in an issue, not in the code.",
        from source in Repository.Sources
        where !source.Path.EndsWith("BannedCallsTests.cs", StringComparison.Ordinal)
        from line in source.Tree.GetText().Lines
        let text = line.ToString()
        where Unfinished().IsMatch(text)
        select $"{source.Path}:{line.LineNumber + 1}: {text.Trim()}");

    private static bool IsSentence(SyntaxTrivia trivia) =>
        trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia && trivia.ToString().Trim().EndsWith('.');

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Unfinished();
}
