using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EventMesh.Tidy.Tests;

public sealed class SealedTests
{
    [Fact]
    public void Classes_AreSealedUnlessSomethingDerivesFromThem()
    {
        var bases = (from source in Repository.Sources
                     from list in source.Syntax.DescendantNodes().OfType<BaseListSyntax>()
                     from type in list.Types
                     select Name(type.Type)).ToHashSet(StringComparer.Ordinal);

        Findings.AssertNone(
            "A class is sealed, static or abstract unless another derives from it.",
            from source in Repository.Sources
            where !source.IsIn("StandIns", "Tests")
            from type in source.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>()
            where type is ClassDeclarationSyntax || type is RecordDeclarationSyntax { ClassOrStructKeyword.RawKind: not (int)SyntaxKind.StructKeyword }
            where !type.Modifiers.Any(modifier => modifier.Kind() is SyntaxKind.SealedKeyword or SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword)
            where !type.Modifiers.Any(SyntaxKind.PartialKeyword) || !IsClosedElsewhere(type)
            where !bases.Contains(type.Identifier.Text)
            select $"{source.Place(type)}: {type.Identifier}");
    }

    private static string Name(TypeSyntax type) => type switch
    {
        GenericNameSyntax generic => generic.Identifier.Text,
        QualifiedNameSyntax qualified => Name(qualified.Right),
        SimpleNameSyntax simple => simple.Identifier.Text,
        _ => type.ToString(),
    };

    /// <summary>A partial type is closed when any of its parts says so.</summary>
    private static bool IsClosedElsewhere(TypeDeclarationSyntax part) => Repository.Sources
        .SelectMany(source => source.Syntax.DescendantNodes().OfType<TypeDeclarationSyntax>())
        .Any(other => other.Identifier.Text == part.Identifier.Text
            && other.Modifiers.Any(modifier => modifier.Kind() is SyntaxKind.SealedKeyword or SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword));
}
