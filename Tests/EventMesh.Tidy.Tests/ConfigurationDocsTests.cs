using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EventMesh.Tidy.Tests;

public sealed class ConfigurationDocsTests
{
    [Fact]
    public void Keys_AreDescribed()
    {
        var page = Repository.Read("docs/configuration.md");

        Findings.AssertNone(
            "docs/configuration.md describes every key of every options class that has a section.",
            from source in Repository.Sources
            where !source.IsIn("StandIns", "Tests")
            from type in source.Syntax.DescendantNodes().OfType<ClassDeclarationSyntax>()
            where type.Identifier.Text.EndsWith("Options", StringComparison.Ordinal)
            let section = Section(type)
            where section is not null
            from property in type.Members.OfType<PropertyDeclarationSyntax>()
            where property.Modifiers.Any(SyntaxKind.PublicKeyword) && !property.Modifiers.Any(SyntaxKind.StaticKeyword)
            let key = $"`{section}:{property.Identifier}`"
            where !page.Contains(key, StringComparison.Ordinal)
            select $"{source.Place(property)}: {key}");
    }

    private static string? Section(ClassDeclarationSyntax type) => type.Members
        .OfType<FieldDeclarationSyntax>()
        .SelectMany(field => field.Declaration.Variables)
        .Where(variable => variable.Identifier.Text is "Section" or "SectionName")
        .Select(variable => (variable.Initializer?.Value as LiteralExpressionSyntax)?.Token.ValueText)
        .FirstOrDefault();
}
