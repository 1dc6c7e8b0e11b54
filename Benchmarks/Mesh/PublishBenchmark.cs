using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using EventMesh.Client;
using EventMesh.Core.Topics;

namespace EventMesh.Benchmarks.Mesh;

/// <summary>Publishing to a node of this process until the receipt, against echoes over bare sockets.</summary>
internal sealed class PublishBenchmark(NodeStorage storage) : IBenchmark
{
    private const int Window = 1_000;
    private const int Packed = 50;
    private const int BatchEvents = 256;
    private const int ManyTopics = 10_000;
    private readonly TcpControl _tcp = new();
    private BenchNode? _node;

    public string Name => "publish";

    public string Summary => $"publish {Payloads.Bytes} bytes until the receipt (client and node in one process; its log {storage.Description}), against echoes over a bare socket";

    public async ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        _node = await BenchNode.StartAsync(storage, "west", null, cancellationToken);
        var coalescing = _node.OpenClient();
        var single = _node.OpenClient(new MeshClientOptions { MaxMessageEvents = 1, MaxMessagesUnderWay = 64 });
        var one = Publishing.Topics("one", 1);
        var many = Publishing.Topics("many", ManyTopics);
        await Publishing.TouchAsync(coalescing, many, cancellationToken);
        var created = 0;
        return
        [
            EchoCase($"control: TCP echo, window 1,000, {Packed} a write", Window, Packed),
            PumpCase("coalescing, window 1,000, 1 topic", coalescing, one, Window, $"control: TCP echo, window 1,000, {Packed} a write"),
            PumpCase("coalescing, window 1,000, 10,000 topics in turn", coalescing, many, Window, $"control: TCP echo, window 1,000, {Packed} a write"),
            PumpCase(
                "coalescing, window 1,000, each event to a new topic",
                coalescing,
                _ => TopicName.Parse($"new.t{created++}"),
                Window,
                $"control: TCP echo, window 1,000, {Packed} a write"),
            InsideCase($"inside the silo, batches of {BatchEvents}, 4 under way", one[0], $"control: TCP echo, window 1,000, {Packed} a write"),
            EchoCase("control: TCP echo, window 64, 1 a write", 64, 1),
            PumpCase("1 event a message, window 1,000", single, one, Window, "control: TCP echo, window 64, 1 a write"),
            EchoCase("control: TCP echo, 1 in flight", 1, 1),
            PumpCase("one by one", coalescing, one, 1, "control: TCP echo, 1 in flight"),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        if (_node is not null)
        {
            await _node.DisposeAsync();
        }

        await _tcp.DisposeAsync();
    }

    private static Case PumpCase(string load, IMeshClient client, TopicName[] topics, int window, string control) =>
        PumpCase(load, client, published => topics[published % topics.Length], window, control);

    private static Case PumpCase(string load, IMeshClient client, Func<long, TopicName> topicOf, int window, string control) => new(
        load,
        "events/s",
        async (duration, cancellationToken) =>
        {
            var latencies = window == 1 ? new Latencies() : null;
            var probe = Probe.Start();
            return probe.Stop(await Publishing.PumpAsync(client, topicOf, window, duration, latencies, cancellationToken), latencies);
        },
        control);

    private Case InsideCase(string load, TopicName topic, string control)
    {
        var batch = Payloads.Batch(BatchEvents);
        return new Case(
            load,
            "events/s",
            async (duration, cancellationToken) =>
            {
                var probe = Probe.Start();
                return probe.Stop(await Publishing.PumpBatchesAsync(_node!.Node, topic, batch, 4, duration, cancellationToken));
            },
            control);
    }

    private Case EchoCase(string load, int window, int perWrite) =>
        new(load, "events/s", (duration, cancellationToken) => _tcp.EchoAsync(duration, window, perWrite, cancellationToken));
}
