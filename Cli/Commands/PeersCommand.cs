using System.CommandLine;
using EventMesh.Cli.Output;
using EventMesh.Grains.Interfaces.Messages;
using Spectre.Console;

namespace EventMesh.Cli.Commands;

/// <summary><c>eventmesh peers</c>: lists the node's peers and how their links are.</summary>
internal static class PeersCommand
{
    public static Command Create()
    {
        var command = new Command("peers", "List the node's peers and how their links are.");
        command.SetAction((parsed, cancellationToken) =>
            CliSession.RunAsync(parsed, session => RunAsync(session, cancellationToken)));
        return command;
    }

    private static async Task<int> RunAsync(CliSession session, CancellationToken cancellationToken)
    {
        var peers = await session.Client.ListPeersAsync(cancellationToken);
        if (session.IsJson)
        {
            foreach (var peer in peers)
            {
                await session.Output.WriteLineAsync(JsonLine.Of(peer));
            }

            return ExitCode.Ok;
        }

        if (peers.Count == 0)
        {
            session.People.WriteLine("No peers: start a node with --connect-peer id=host:port.");
            return ExitCode.Ok;
        }

        // As much as a terminal of 80 columns shows whole; --json has the rest.
        var table = new Table().AddColumns("peer", "health", "address", "sent", "received", "lag", "RTT");
        foreach (var peer in peers)
        {
            table.AddRow(Row(peer));
        }

        session.People.Write(table);
        foreach (var peer in peers.Where(static peer => peer.Health != PeerHealth.Healthy && peer.LastError.Length > 0))
        {
            session.People.WriteLine($"{peer.Peer}: {peer.LastError}");
        }

        return ExitCode.Ok;
    }

    private static Markup[] Row(PeerReport peer)
    {
        var color = peer.Health switch
        {
            PeerHealth.Healthy => "green",
            PeerHealth.Unhealthy => "yellow",
            _ => "red",
        };
        string[] cells =
        [
            Markup.Escape(peer.Peer),
            $"[{color}]{peer.Health}[/]",
            Markup.Escape(peer.Address),
            $"{peer.EventsSent:N0}",
            $"{peer.EventsReceived:N0}",
            $"{peer.LagEvents:N0}",
            peer.RoundTripMicros < 0 ? "-" : $"{peer.RoundTripMicros / 1000.0:F1} ms",
        ];
        return [.. cells.Select(static cell => new Markup(cell))];
    }
}
