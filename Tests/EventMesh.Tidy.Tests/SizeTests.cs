using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EventMesh.Tidy.Tests;

public sealed class SizeTests
{
    private const int MaxFileLines = 500;
    private const int MaxMethodLines = 70;
    private const int MaxConstructorParameters = 6;

    [Fact]
    public void Files_AreShortEnough() => Findings.AssertNone(
        $"A file has at most {MaxFileLines} lines: split it by its reasons to change.",
        from source in Repository.Sources
        let lines = source.Tree.GetText().Lines.Count
        where lines > MaxFileLines
        select $"{source.Path}: {lines} lines");

    [Fact]
    public void Methods_AreShortEnough() => Findings.AssertNone(
        $"A method has at most {MaxMethodLines} lines: keep the branching, move the work out.",
        from source in Repository.Sources
        from body in Bodies(source.Syntax)
        let span = source.Tree.GetLineSpan(body.Span)
        let lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1
        where lines > MaxMethodLines
        select $"{source.Place(body)}: {lines} lines");

    [Fact]
    public void ProductClasses_TakeFewDependencies() => Findings.AssertNone(
        $"A class takes at most {MaxConstructorParameters} dependencies: split it.",
        from source in Repository.Sources
        where source.IsIn("Storage", "PeerLink", "PeerLink.Grpc", "Grains", "Hosting", "Silo", "Client")
        from type in source.Syntax.DescendantNodes().OfType<ClassDeclarationSyntax>()
        from parameters in ConstructorParameters(type)
        where parameters.Parameters.Count > MaxConstructorParameters
        select $"{source.Place(type)}: {type.Identifier} takes {parameters.Parameters.Count}");

    private static IEnumerable<SyntaxNode> Bodies(SyntaxNode root) => root.DescendantNodes().Where(node => node
        is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax);

    private static IEnumerable<ParameterListSyntax> ConstructorParameters(ClassDeclarationSyntax type) =>
        type.Members.OfType<ConstructorDeclarationSyntax>().Select(constructor => constructor.ParameterList)
            .Concat(type.ParameterList is { } primary ? [primary] : []);
}
