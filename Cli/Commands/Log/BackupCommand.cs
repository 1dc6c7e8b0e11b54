using System.CommandLine;
using EventMesh.Cli.Output;
using EventMesh.Storage.Files.Tools;
using Spectre.Console;

namespace EventMesh.Cli.Commands.Log;

/// <summary><c>eventmesh log backup</c>: copies a store while its node goes on.</summary>
internal static class BackupCommand
{
    private static readonly Argument<string> Directory = new("dir") { Description = "The store's directory." };

    private static readonly Argument<string> Target = new("target")
    {
        Description = "Where the backup goes: a directory that does not exist, is empty, or holds the last backup of this store.",
    };

    public static Command Create()
    {
        var command = new Command("backup", "Copy a store, as a whole or not at all; its node may go on writing.") { Directory, Target };
        command.SetAction((parsed, cancellationToken) => CliSession.RunAsync(parsed, session => RunAsync(session, parsed, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var report = await ToolRun.RunAsync(
            session,
            "copying",
            progress => FileLogTools.Backup(parsed.GetValue(Directory)!, parsed.GetValue(Target)!, TimeProvider.System, progress, cancellationToken));
        if (session.IsJson)
        {
            await InspectionJson.WriteAsync(session.Output, report.Findings);
            await session.Output.WriteLineAsync(JsonLine.Of(new
            {
                kind = "backup",
                location = report.Location,
                node = report.Node.Value,
                incarnation = report.Incarnation.Value,
                isSound = report.IsSound,
                damage = report.DamageCount,
                lastGroup = report.LastGroup,
                segments = report.Segments,
                reusedSegments = report.ReusedSegments,
                bytes = report.Bytes,
                copiedBytes = report.CopiedBytes,
            }));
        }
        else
        {
            FindingLines.Write(session.People, report.Findings);
            session.People.WriteLine(
                $"Backup of '{report.Node}' in {report.Location}, up to group {report.LastGroup:N0}: {report.Segments:N0} segments, {Bytes.Of(report.Bytes)}; "
                + $"{report.ReusedSegments:N0} of them were there already, {Bytes.Of(report.CopiedBytes)} were copied.");
            session.People.WriteLine(report.IsSound ? "Everything in it was checked." : "DAMAGED: the store is, and so its backup is. An older backup may be better.");
        }

        return report.IsSound ? ExitCode.Ok : ExitCode.Failed;
    }
}
