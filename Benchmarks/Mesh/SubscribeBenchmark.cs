using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Client;
using EventMesh.Client.Subscriptions;
using EventMesh.Core.Topics;

namespace EventMesh.Benchmarks.Mesh;

/// <summary>From publish to subscribers of the same node, through the gRPC door on both sides.</summary>
internal sealed class SubscribeBenchmark(NodeStorage storage) : IBenchmark
{
    private const int Window = 1_000;
    private const int Packed = 64;
    private const int Rate = 5_000;
    private const int ReplayEvents = 100_000;
    private const string Control = "control: TCP one way, 64 a write";
    private readonly TcpControl _tcp = new();
    private readonly List<Receiver> _receivers = [];
    private BenchNode? _node;

    public string Name => "subscribe";

    public string Summary => $"deliveries to subscribers of the node that is published to (its log {storage.Description}), doors on both sides, against a bare socket";

    public async ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        _node = await BenchNode.StartAsync(storage, "west", null, cancellationToken);
        var client = _node.OpenClient();
        var replay = TopicName.Parse("replay.t0");
        await FillAsync(replay, cancellationToken);
        return
        [
            new Case(Control, "events/s", (duration, token) => _tcp.OneWayAsync(duration, Packed, token)),
            await FanOutCaseAsync("live, 1 subscriber", client, "one", 1, cancellationToken),
            await FanOutCaseAsync("live, 10 subscribers", client, "ten", 10, cancellationToken),
            ReplayCase("from the earliest event, 1 subscriber", replay),
            await LatencyCaseAsync("latency at 5,000 events/s, 1 subscriber", client, cancellationToken),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var receiver in _receivers)
        {
            await receiver.DisposeAsync();
        }

        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await _tcp.DisposeAsync();
    }

    private async Task FillAsync(TopicName topic, CancellationToken cancellationToken)
    {
        var batch = Payloads.Batch(250);
        for (var done = 0; done < ReplayEvents; done += batch.Count)
        {
            await _node!.Node.PublishAsync(topic, batch, Core.Events.Durability.Disk, cancellationToken);
        }
    }

    private async Task<Case> FanOutCaseAsync(string load, IMeshClient client, string name, int subscribers, CancellationToken cancellationToken)
    {
        var topics = Publishing.Topics(name, 1);
        var receivers = new List<Receiver>();
        for (var i = 0; i < subscribers; i++)
        {
            receivers.Add(await Receiver.OpenAsync(_node!.OpenClient(), $"{name}.>", cancellationToken));
        }

        _receivers.AddRange(receivers);
        var total = 0L;
        return new Case(
            load,
            "deliveries/s",
            async (duration, token) =>
            {
                var probe = Probe.Start();
                var published = await Publishing.PumpAsync(client, topics, Window, duration, null, token);
                total += published;
                await Task.WhenAll(receivers.Select(receiver => receiver.WaitForAsync(total, token)));
                return probe.Stop(published * subscribers);
            },
            Control);
    }

    private Case ReplayCase(string load, TopicName topic)
    {
        var client = _node!.OpenClient();
        var options = new SubscribeOptions { Patterns = [TopicPattern.Exactly(topic)], Start = SubscriptionStart.Earliest };
        return new Case(
            load,
            "deliveries/s",
            (duration, token) => Loop.RunAsync(duration, 1, async _ =>
            {
                var events = 0;
                await using var subscription = await client.OpenSubscriptionAsync(options, token);
                await foreach (var item in subscription.WithCancellation(token))
                {
                    if (++events == ReplayEvents)
                    {
                        break;
                    }
                }

                return events;
            }, timed: false, token),
            Control);
    }

    private async Task<Case> LatencyCaseAsync(string load, IMeshClient client, CancellationToken cancellationToken)
    {
        var receiver = await Receiver.OpenAsync(_node!.OpenClient(), "paced.>", cancellationToken);
        _receivers.Add(receiver);
        var total = 0L;
        return new Case(load, "events/s", async (duration, token) =>
        {
            var latencies = receiver.Latencies = new Latencies();
            var probe = Probe.Start();
            var published = await Publishing.PaceAsync(client, TopicName.Parse("paced.t0"), Rate, duration, token);
            total += published;
            await receiver.WaitForAsync(total, token);
            return probe.Stop(published, latencies);
        });
    }
}
