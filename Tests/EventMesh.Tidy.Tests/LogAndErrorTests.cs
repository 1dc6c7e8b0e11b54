using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace EventMesh.Tidy.Tests;

public sealed class LogAndErrorTests
{
    [Fact]
    public void EventIds_AreUnique() => Findings.AssertNone(
        "A log event id means one thing: operators filter by it.",
        from entry in EventIds()
        group entry.Place by entry.Value into same
        where same.Count() > 1
        select $"{same.Key}: {string.Join(", ", same)}");

    [Fact]
    public void LogMessages_TakeTheirIdFromEventIds() => Findings.AssertNone(
        "[LoggerMessage] names its id from an EventIds class.",
        from source in Repository.Sources
        where !source.IsIn("Tests", "StandIns")
        from attribute in source.Syntax.DescendantNodes().OfType<AttributeSyntax>()
        where attribute.Name.ToString() == "LoggerMessage"
        where attribute.ArgumentList?.Arguments.Any(argument => argument.ToString().Contains("EventIds.", StringComparison.Ordinal)) != true
        select $"{source.Place(attribute)}: {attribute}");

    [Fact]
    public void ErrorCodes_AreDescribed()
    {
        var page = Repository.Read("docs/errors.md");

        Findings.AssertNone(
            "docs/errors.md describes every code.",
            from source in Repository.Sources
            where source.Path.EndsWith("Core/Errors/MeshErrorCode.cs", StringComparison.Ordinal)
            from member in source.Syntax.DescendantNodes().OfType<EnumMemberDeclarationSyntax>()
            let number = int.Parse(member.EqualsValue!.Value.ToString(), System.Globalization.CultureInfo.InvariantCulture)
            where number != 0 && !page.Contains($"| EM{number:D4} | `{member.Identifier}` |", StringComparison.Ordinal)
            select $"EM{number:D4} {member.Identifier}");
    }

    private static IEnumerable<(string Value, string Place)> EventIds() =>
        from source in Repository.Sources
        where source.Path.EndsWith("EventIds.cs", StringComparison.Ordinal)
        from field in source.Syntax.DescendantNodes().OfType<FieldDeclarationSyntax>()
        from variable in field.Declaration.Variables
        where variable.Initializer is not null
        select (variable.Initializer!.Value.ToString(), $"{source.Path} {variable.Identifier}");
}
