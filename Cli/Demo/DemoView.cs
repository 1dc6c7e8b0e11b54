using EventMesh.Core.Errors;
using EventMesh.Grains.Interfaces.Messages;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EventMesh.Cli.Demo;

/// <summary>Shows a running demo: nodes, links, rates and lag, four times a second.</summary>
internal sealed class DemoView(DemoMesh mesh, DemoRun run, IAnsiConsole console)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly Dictionary<string, IReadOnlyList<PeerReport>> _peers = [];
    private readonly Dictionary<string, (long At, int Delivered)> _last = [];

    /// <summary>Draws until <paramref name="running"/> has ended.</summary>
    public Task ShowAsync(Task running, CancellationToken cancellationToken) =>
        console.Live(Text.Empty).AutoClear(false).StartAsync(async live =>
        {
            while (!running.IsCompleted)
            {
                await AskAsync(cancellationToken);
                live.UpdateTarget(Draw());
                await running.WaitAsync(Interval, Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            live.UpdateTarget(Draw());
        });

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        foreach (var node in mesh.Nodes)
        {
            try
            {
                _peers[node] = await mesh.ClientOf(node).ListPeersAsync(cancellationToken);
            }
            catch (EventMeshException exception) when (exception.IsTransient)
            {
                // The picture keeps what was known; the run itself reports what goes wrong.
                continue;
            }
        }
    }

    private Rows Draw()
    {
        var nodes = new Table().Title("nodes").AddColumns("node", "published", "delivered", "deliveries/s", "to come");
        var links = new Table().Title("links").AddColumns("link", "health", "sent", "acked", "received", "lag", "RTT", "reconnects");
        foreach (var node in mesh.Nodes)
        {
            nodes.AddRow(NodeRow(node));
            foreach (var peer in _peers.GetValueOrDefault(node, []))
            {
                links.AddRow(LinkRow(node, peer));
            }
        }

        return new Rows(nodes, links, new Markup($"[grey]{Markup.Escape(run.Phase)}[/]"));
    }

    private IRenderable[] NodeRow(string node)
    {
        var checks = run.Checks.Where(check => check.Node == node).ToList();
        var delivered = checks.Sum(static check => check.Delivered);
        var now = Clock.GetTimestamp();
        var (at, before) = _last.GetValueOrDefault(node, (now, delivered));
        _last[node] = (now, delivered);
        var seconds = Clock.GetElapsedTime(at, now).TotalSeconds;
        return
        [
            new Text(node),
            new Text($"{run.PublishedAt(node):N0}"),
            new Text($"{delivered:N0} of {checks.Sum(static check => check.Expected):N0}"),
            new Text(seconds > 0 ? $"{(delivered - before) / seconds:N0}" : "-"),
            new Text($"{checks.Sum(static check => check.Lost):N0}"),
        ];
    }

    private static IRenderable[] LinkRow(string node, PeerReport peer) =>
    [
        new Text($"{node} > {peer.Peer}"),
        new Markup(peer.Health == PeerHealth.Healthy ? "[green]Healthy[/]" : $"[red]{peer.Health}[/]"),
        new Text($"{peer.EventsSent:N0}"),
        new Text($"{peer.EventsAcked:N0}"),
        new Text($"{peer.EventsReceived:N0}"),
        new Text($"{peer.LagEvents:N0}"),
        new Text(peer.RoundTripMicros < 0 ? "-" : $"{peer.RoundTripMicros / 1000.0:F1} ms"),
        new Text($"{peer.Reconnects}"),
    ];
}
