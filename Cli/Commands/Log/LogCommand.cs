using System.CommandLine;

namespace EventMesh.Cli.Commands.Log;

/// <summary><c>eventmesh log</c>: tools for the directory of a store. They need no node, and do not disturb one.</summary>
internal static class LogCommand
{
    public static Command Create()
    {
        var command = new Command("log", "Look into, check, back up and restore the store in a directory; a running node is not disturbed.");
        command.Subcommands.Add(InspectCommand.Create());
        command.Subcommands.Add(VerifyCommand.Create());
        command.Subcommands.Add(BackupCommand.Create());
        command.Subcommands.Add(RestoreCommand.Create());
        return command;
    }
}
