using System.CommandLine;
using EventMesh.Cli.Output;
using EventMesh.Storage.Files.Tools;
using Spectre.Console;

namespace EventMesh.Cli.Commands.Log;

/// <summary><c>eventmesh log verify</c>: checks every byte of a store.</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string> Directory = new("dir") { Description = "The store's directory, or that of a backup." };

    public static Command Create()
    {
        var command = new Command("verify", "Check every byte of a store; a node may have it open. Fails if anything is wrong.") { Directory };
        command.SetAction((parsed, cancellationToken) => CliSession.RunAsync(parsed, session => RunAsync(session, parsed, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var report = await ToolRun.RunAsync(
            session, "checking", progress => FileLogTools.Verify(parsed.GetValue(Directory)!, progress, cancellationToken));
        if (session.IsJson)
        {
            await WriteJsonAsync(session.Output, report);
        }
        else
        {
            FindingLines.Write(session.People, report.Findings);
            session.People.WriteLine(Summary(report));
        }

        return report.IsSound ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task WriteJsonAsync(TextWriter output, VerifyReport report)
    {
        await InspectionJson.WriteAsync(output, report.Findings);
        await output.WriteLineAsync(JsonLine.Of(new
        {
            kind = "verified",
            location = report.Location,
            node = report.Store?.Node.Value,
            isSound = report.IsSound,
            damage = report.DamageCount,
            known = report.KnownCount,
            segments = report.Segments,
            groups = report.Groups,
            runs = report.Runs,
            events = report.Events,
            topics = report.Topics,
            bytes = report.Bytes,
            lastGroup = report.LastGroup,
        }));
    }

    private static string Summary(VerifyReport report)
    {
        var seen = $"{report.Events:N0} events of {report.Topics:N0} topics in {report.Groups:N0} groups and {report.Segments:N0} segments ({Bytes.Of(report.Bytes)})";
        var known = report.KnownCount == 0 ? "" : $" {report.KnownCount:N0} findings are known to the node and dealt with.";
        return report.IsSound ? $"Sound: {seen}.{known}" : $"NOT SOUND: {report.DamageCount:N0} findings in {seen}.{known}";
    }
}
