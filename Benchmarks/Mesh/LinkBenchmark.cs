using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Client;
using EventMesh.Core.Events;
using EventMesh.Core.Topics;

namespace EventMesh.Benchmarks.Mesh;

/// <summary>From publish at one node to a subscriber at another, both in this process, over a real link.</summary>
internal sealed class LinkBenchmark(NodeStorage storage) : IBenchmark
{
    private const int Window = 1_000;
    private const int BatchEvents = 256;
    private const int ManyTopics = 10_000;
    private const int Rate = 5_000;
    private const int Packed = 64;
    private const string Control = "control: TCP one way, 64 a write";
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TcpControl _tcp = new();
    private readonly List<Receiver> _receivers = [];
    private BenchNode? _west;
    private BenchNode? _east;

    public string Name => "link";

    public string Summary => $"publish at one node, deliver at another over a link (both in one process; logs {storage.Description}), against a bare socket";

    public async ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        _west = await BenchNode.StartAsync(storage, "west", null, cancellationToken);
        _east = await BenchNode.StartAsync(storage, "east", _west, cancellationToken);
        var client = _west.OpenClient();
        return
        [
            new Case(Control, "events/s", (duration, token) => _tcp.OneWayAsync(duration, Packed, token)),
            await DoorCaseAsync("door to door, window 1,000, 1 topic", client, Publishing.Topics("door", 1), cancellationToken),
            await DoorCaseAsync("door to door, window 1,000, 10,000 topics in turn", client, Publishing.Topics("doors", ManyTopics), cancellationToken),
            await InsideCaseAsync($"silo to silo, batches of {BatchEvents}, 4 under way", cancellationToken),
            await LatencyCaseAsync("latency at 5,000 events/s, door to door", client, cancellationToken),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var receiver in _receivers)
        {
            await receiver.DisposeAsync();
        }

        if (_east is not null)
        {
            await _east.DisposeAsync();
        }

        if (_west is not null)
        {
            await _west.DisposeAsync();
        }

        await _tcp.DisposeAsync();
    }

    private async Task<Case> DoorCaseAsync(string load, IMeshClient client, TopicName[] topics, CancellationToken cancellationToken)
    {
        var receiver = await Receiver.OpenAsync(_east!.OpenClient(), PatternOf(topics[0]), cancellationToken);
        var measured = await CaseAsync(
            load, receiver, topics[0], (duration, token) => Publishing.PumpAsync(client, topics, Window, duration, null, token), cancellationToken);
        var before = receiver.Count;
        await Publishing.TouchAsync(client, topics, cancellationToken);
        await receiver.WaitForAsync(before + topics.Length, cancellationToken);
        return measured;
    }

    private async Task<Case> InsideCaseAsync(string load, CancellationToken cancellationToken)
    {
        var topic = TopicName.Parse("inside.t0");
        var batch = Payloads.Batch(BatchEvents);
        var receiver = await Receiver.OpenAsync(_east!.Node, PatternOf(topic), cancellationToken);
        return await CaseAsync(
            load, receiver, topic, (duration, token) => Publishing.PumpBatchesAsync(_west!.Node, topic, batch, 4, duration, token), cancellationToken);
    }

    private async Task<Case> LatencyCaseAsync(string load, IMeshClient client, CancellationToken cancellationToken)
    {
        var topic = TopicName.Parse("paced.t0");
        var receiver = await Receiver.OpenAsync(_east!.OpenClient(), PatternOf(topic), cancellationToken);
        var paced = await CaseAsync(
            load, receiver, topic, (duration, token) => Publishing.PaceAsync(client, topic, Rate, duration, token), cancellationToken);
        return paced with
        {
            Control = null,
            Measure = async (duration, token) =>
            {
                receiver.Latencies = new Latencies();
                return await paced.Measure(duration, token) with { Latencies = receiver.Latencies };
            },
        };
    }

    /// <summary>A case that publishes, and is over when all of it has come.</summary>
    private async Task<Case> CaseAsync(
        string load, Receiver receiver, TopicName topic, Func<TimeSpan, CancellationToken, Task<long>> publish, CancellationToken cancellationToken)
    {
        _receivers.Add(receiver);
        await AwaitInterestAsync(receiver, topic, cancellationToken);
        return new Case(
            load,
            "events/s",
            async (duration, token) =>
            {
                var before = receiver.Count;
                var probe = Probe.Start();
                var published = await publish(duration, token);
                await receiver.WaitForAsync(before + published, token);
                return probe.Stop(published);
            },
            Control);
    }

    /// <summary>Publishes single events until one arrives: then the link is up and the subscriber's interest is known at the other end. Ends with the last of them.</summary>
    private async Task AwaitInterestAsync(Receiver receiver, TopicName topic, CancellationToken cancellationToken)
    {
        using var ticks = new PeriodicTimer(ProbeInterval);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        var (batch, last) = (Payloads.Batch(1), -1L);
        try
        {
            while (receiver.Count == 0)
            {
                last = (await _west!.Node.PublishAsync(topic, batch, Durability.Disk, patience.Token)).FirstSequence;
                await ticks.WaitForNextTickAsync(patience.Token);
                await receiver.ThrowIfFailedAsync();
            }

            while (receiver.LastSequence < last)
            {
                await ticks.WaitForNextTickAsync(patience.Token);
                await receiver.ThrowIfFailedAsync();
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"The link did not carry event {last} of '{topic}' in {Patience}; the last that came is {receiver.LastSequence}.");
        }
    }

    private static string PatternOf(TopicName topic) => $"{topic.Value.Split('.')[0]}.>";
}
