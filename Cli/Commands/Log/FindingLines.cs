using EventMesh.Storage.Files.Tools;
using Spectre.Console;

namespace EventMesh.Cli.Commands.Log;

/// <summary>Findings as lines: what, where, and what to do.</summary>
internal static class FindingLines
{
    public static void Write(IAnsiConsole people, IEnumerable<StoreFinding> findings)
    {
        foreach (var finding in findings)
        {
            var color = finding.Kind switch
            {
                StoreFindingKind.Damage => "red",
                StoreFindingKind.Known => "yellow",
                _ => "grey",
            };
            people.MarkupLine(
                $"[{color}]{finding.Kind}[/] {Markup.Escape(finding.File)} at byte {finding.Position}: {Markup.Escape(finding.What)} {Markup.Escape(finding.WhatToDo)}".TrimEnd());
        }
    }
}
