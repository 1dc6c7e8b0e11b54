using System.Globalization;
using EventMesh.Client;
using EventMesh.Client.Events;
using EventMesh.Client.Publishing;
using EventMesh.Client.Subscriptions;

namespace EventMesh.Cli.Demo;

/// <summary>Replays the flights over the mesh, cuts a cable halfway, and checks every delivery against the file.</summary>
internal sealed class DemoRun(DemoMesh mesh, IReadOnlyList<Flight> flights, int rate) : IAsyncDisposable
{
    public static readonly IReadOnlyList<string> Patterns = ["flights.*.LAX", "flights.ATL.*", "flights.>"];

    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>How long nothing may arrive before what is missing counts as lost.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>How long to listen for events that come twice, once all have come.</summary>
    private static readonly TimeSpan Aftermath = TimeSpan.FromMilliseconds(500);

    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly long[] _publishedAt = new long[flights.Count];
    private readonly List<DeliveryCheck> _checks = [];
    private readonly List<IMeshSubscription> _subscriptions = [];
    private readonly List<Task> _reading = [];
    private readonly LatencyLog _latencies = new();
    private readonly Dictionary<string, int> _published = mesh.Nodes.ToDictionary(static node => node, static _ => 0);
    private int _delivered;

    public IReadOnlyList<DeliveryCheck> Checks => _checks;

    /// <summary>What happens at the moment, in words.</summary>
    public string Phase { get; private set; } = "subscribing";

    public int PublishedAt(string node) => _published[node];

    public async Task<DemoSummary> RunAsync(CancellationToken cancellationToken)
    {
        await SubscribeAsync(cancellationToken);
        Phase = "linking";
        await mesh.WaitUntilLinkedAsync(Patterns.Count, cancellationToken);

        var start = Clock.GetTimestamp();
        var outage = Task.CompletedTask;
        var receipts = await PublishAsync(() => outage = CutAsync(cancellationToken), cancellationToken);
        Phase = "waiting for the last deliveries";
        await Task.WhenAll(receipts);
        await outage;
        await WaitForDeliveriesAsync(cancellationToken);
        var elapsed = Clock.GetElapsedTime(start);
        await Task.Delay(Aftermath, Clock, cancellationToken);
        return await SummarizeAsync(elapsed, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in _subscriptions)
        {
            await subscription.DisposeAsync();
        }

        await Task.WhenAll(_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        foreach (var node in mesh.Nodes)
        {
            foreach (var pattern in Patterns)
            {
                var check = new DeliveryCheck(node, pattern, flights);
                var subscription = await mesh.ClientOf(node).OpenSubscriptionAsync(pattern, cancellationToken);
                _checks.Add(check);
                _subscriptions.Add(subscription);
                _reading.Add(ReadAsync(subscription, check));
            }
        }
    }

    private async Task ReadAsync(IMeshSubscription subscription, DeliveryCheck check)
    {
        await foreach (var item in subscription)
        {
            if (check.Add(item) is { } line)
            {
                _latencies.Add(Clock.GetElapsedTime(Volatile.Read(ref _publishedAt[line])));
            }

            Interlocked.Increment(ref _delivered);
        }
    }

    /// <summary>Publishes all flights in the order of the file, at the pace; none waits for the receipt of another.</summary>
    private async Task<List<Task<Receipt>>> PublishAsync(Action halfway, CancellationToken cancellationToken)
    {
        Phase = "publishing";
        var receipts = new List<Task<Receipt>>(flights.Count);
        var start = Clock.GetTimestamp();
        foreach (var flight in flights)
        {
            if (flight.Line == flights.Count / 2)
            {
                halfway();
            }

            while (rate > 0 && flight.Line > Clock.GetElapsedTime(start).TotalSeconds * rate)
            {
                await Task.Delay(Tick, Clock, cancellationToken);
            }

            var options = new PublishOptions
            {
                Headers = [new(DeliveryCheck.LineHeader, flight.Line.ToString(CultureInfo.InvariantCulture)), new("content-type", "application/json")],
            };
            Volatile.Write(ref _publishedAt[flight.Line], Clock.GetTimestamp());
            receipts.Add(mesh.ClientOf(flight.Node).PublishAsync(flight.Topic, flight.Payload, options, cancellationToken).AsTask());
            _published[flight.Node]++;
        }

        return receipts;
    }

    private async Task CutAsync(CancellationToken cancellationToken)
    {
        Phase = "publishing; the cable central-east is dead";
        mesh.Cable.Silence();
        await Task.Delay(Outage, Clock, cancellationToken);
        mesh.Cable.ResetAndHeal();
        Phase = "publishing; the cable central-east works again";
    }

    private async Task WaitForDeliveriesAsync(CancellationToken cancellationToken)
    {
        var all = Task.WhenAll(_checks.Select(static check => check.Complete));
        var seen = -1;
        while (!all.IsCompleted && Volatile.Read(ref _delivered) is var delivered && delivered != seen)
        {
            seen = delivered;
            await all.WaitAsync(Patience, Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<DemoSummary> SummarizeAsync(TimeSpan elapsed, CancellationToken cancellationToken)
    {
        var reconnects = 0L;
        foreach (var node in mesh.Nodes)
        {
            reconnects += (await mesh.ClientOf(node).ListPeersAsync(cancellationToken)).Sum(static peer => peer.Reconnects);
        }

        return new DemoSummary
        {
            Published = _published.Values.Sum(),
            Subscribers = [.. _checks.Select(static check => new SubscriberSummary(check.Node, check.Pattern, check.Expected, check.Delivered))],
            Expected = _checks.Sum(static check => check.Expected),
            Delivered = _checks.Sum(static check => check.Delivered),
            Lost = _checks.Sum(static check => check.Lost),
            Duplicates = _checks.Sum(static check => check.Duplicates),
            OrderViolations = _checks.Sum(static check => check.OrderViolations),
            Wrong = _checks.Sum(static check => check.Wrong),
            Gaps = _checks.Sum(static check => check.Gaps),
            Reconnects = reconnects,
            OutageSeconds = Outage.TotalSeconds,
            Seconds = Math.Round(elapsed.TotalSeconds, 2),
            EventsPerSecond = Math.Round(flights.Count / elapsed.TotalSeconds),
            DeliveriesPerSecond = Math.Round(_checks.Sum(static check => check.Delivered) / elapsed.TotalSeconds),
            LatencyMs = _latencies.Summarize(),
        };
    }
}
