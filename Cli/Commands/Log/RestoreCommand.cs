using System.CommandLine;
using EventMesh.Cli.Output;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files.Tools;
using Spectre.Console;

namespace EventMesh.Cli.Commands.Log;

/// <summary><c>eventmesh log restore</c>: makes a store from a backup.</summary>
internal static class RestoreCommand
{
    private static readonly Argument<string> Backup = new("backup") { Description = "The backup, or a store that was closed." };
    private static readonly Argument<string> Directory = new("dir") { Description = "The store's directory: one that does not exist or is empty." };

    private static readonly Option<bool> Damaged = new("--accept-damage")
    {
        Description = "Restore a damaged backup all the same; what it lost becomes gaps.",
    };

    private static readonly Option<long> Above = new("--above-incarnation")
    {
        Description = "The greatest incarnation of the node that its peers know, if it lies in the future: EM3012 at a peer names it.",
        HelpName = "N",
    };

    public static Command Create()
    {
        Above.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<long>() is < 0 or > long.MaxValue / 4)
            {
                result.AddError("--above-incarnation: must be 0 or more, and no more than 2305843009213693951.");
            }
        });
        var command = new Command("restore", "Make a store from a backup, checked, in an empty directory.") { Backup, Directory, Damaged, Above };
        command.SetAction((parsed, cancellationToken) => CliSession.RunAsync(parsed, session => RunAsync(session, parsed, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = new RestoreOptions { AcceptsDamage = parsed.GetValue(Damaged), Above = new Incarnation(parsed.GetValue(Above)) };
        var report = await ToolRun.RunAsync(
            session,
            "restoring",
            progress => FileLogTools.Restore(
                parsed.GetValue(Backup)!, parsed.GetValue(Directory)!, options, TimeProvider.System, progress, cancellationToken));
        if (session.IsJson)
        {
            await InspectionJson.WriteAsync(session.Output, report.Findings);
            await session.Output.WriteLineAsync(JsonLine.Of(new
            {
                kind = "restored",
                location = report.Location,
                isDone = report.IsDone,
                node = report.Node.Value,
                madeAt = report.MadeAt,
                incarnation = report.Incarnation.Value,
                damage = report.DamageCount,
                segments = report.Segments,
                bytes = report.Bytes,
            }));
        }
        else
        {
            FindingLines.Write(session.People, report.Findings);
            session.People.WriteLine(Describe(report));
        }

        return report.IsDone ? ExitCode.Ok : ExitCode.Failed;
    }

    private static string Describe(RestoreReport report)
    {
        var made = report.MadeAt is { } at ? $"the backup of {at:yyyy-MM-dd HH:mm:ss} UTC" : "a store that was closed";
        return report.IsDone
            ? $"Restored '{report.Node}' to {report.Location} from {made}: {report.Segments:N0} segments, {Bytes.Of(report.Bytes)}, all checked. Its next start begins an incarnation above {report.Incarnation}."
            : $"NOT RESTORED: {made} is damaged, {report.DamageCount:N0} findings. With --accept-damage it is restored all the same, and what it lost becomes gaps.";
    }
}
