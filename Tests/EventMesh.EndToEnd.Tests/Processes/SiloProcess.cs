using System.Net;
using EventMesh.Client;
using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.EndToEnd.Tests.Processes;

/// <summary>A running silo: a node of its own, on ports of its own choice.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly Dictionary<string, string> ForTests = new()
    {
        // Tests cut links on purpose; waiting up to half a minute for the next dial would prove nothing.
        ["EventMesh__Links__BackoffInitial"] = "00:00:00.1",
        ["EventMesh__Links__BackoffMax"] = "00:00:01",

        // Little room a node: many of them are made, and a test that writes more is to see segments end.
        ["EventMesh__Storage__Files__SegmentBytes"] = "8388608",
        ["EventMesh__Storage__Files__SpareSegments"] = "1",
    };

    private readonly ChildProcess _process;
    private readonly long _startedAt = TimeProvider.System.GetTimestamp();
    private IMeshClient? _client;

    private SiloProcess(string node, string? storage, ChildProcess process)
    {
        Node = node;
        Storage = storage;
        _process = process;
    }

    /// <summary>The node's id.</summary>
    public string Node { get; }

    /// <summary>The directory of its store; null for one in memory.</summary>
    public string? Storage { get; }

    /// <summary>What it has written.</summary>
    public ProcessOutput Output => _process.Output;

    /// <summary>The client doors, such as <c>http://127.0.0.1:40001</c>.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Where peers dial, <c>address:port</c>.</summary>
    public string PeerAddress { get; private set; } = "";

    /// <summary>How long it took from the start of the process to the first answer that it is ready.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <summary>A client of it, made by the SDK.</summary>
    public IMeshClient Client => _client ??= MeshClient.ForGrpc(Url.ToString());

    /// <summary>Starts a silo; <see cref="ReadyAsync"/> waits for it.</summary>
    /// <param name="node">The node's id.</param>
    /// <param name="connectPeers">Peers to dial, each <c>id=address:port</c>.</param>
    /// <param name="storage">The directory of its store; null for one in memory.</param>
    /// <param name="environment">More configuration keys, as variables.</param>
    public static SiloProcess Start(
        string node, IEnumerable<string> connectPeers, string? storage, IReadOnlyDictionary<string, string>? environment = null)
    {
        var dials = connectPeers.SelectMany(static peer => new[] { "--connect-peer", peer });
        string[] keeping = storage is null ? ["--storage", "memory"] : ["--eventlog-path", storage];
        string[] arguments = ["--node-id", node, "--http-port", "0", "--peer-listen", "127.0.0.1:0", .. keeping, .. dials];
        var variables = new Dictionary<string, string>([.. ForTests, .. environment ?? new Dictionary<string, string>()]);
        return new SiloProcess(node, storage, ChildProcess.Start(BuiltPrograms.Silo, arguments, Path.GetTempPath(), variables));
    }

    /// <summary>Waits until it has said where it listens.</summary>
    public async Task ListensAsync()
    {
        Url = new Uri(Value(await Output.LineAsync("  clients  ")));
        PeerAddress = Value(await Output.LineAsync("  peers    "));
    }

    /// <summary>Waits until it has said where it listens, and serves.</summary>
    public async Task ReadyAsync()
    {
        await ListensAsync();
        await Deadline.UntilAsync($"{Node} is ready", _ => new ValueTask<HttpStatusCode>(HealthAsync("ready")), static status => status == HttpStatusCode.OK);
        ReadyAfter = TimeProvider.System.GetElapsedTime(_startedAt);
    }

    /// <summary>The answer of <c>/health/live</c> or <c>/health/ready</c>.</summary>
    public async Task<HttpStatusCode> HealthAsync(string kind)
    {
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(Url, $"/health/{kind}"));
        return answer.StatusCode;
    }

    /// <summary>Waits until the listing of peers says so of <paramref name="peer"/>.</summary>
    public async Task<PeerReport> PeerAsync(string peer, string expectation, Func<PeerReport, bool> isMet)
    {
        var found = await Deadline.UntilAsync(
            $"{Node} says of its peer {peer}: {expectation}",
            async cancellationToken => (await Client.ListPeersAsync(cancellationToken)).FirstOrDefault(report => report.Peer == peer),
            report => report is not null && isMet(report));
        return found!;
    }

    /// <summary>Waits until <paramref name="peer"/> wants <paramref name="pattern"/>, and has this node's word that it is applied.</summary>
    /// <remarks>This node's listing alone does not tell: it remembers what an earlier life of the peer wanted.</remarks>
    public async Task<PeerReport> InterestAsync(SiloProcess peer, string pattern)
    {
        await peer.PeerAsync(Node, "has applied the newest interest", report => report.Health == PeerHealth.Healthy && report.IsInterestSynced);
        return await PeerAsync(
            peer.Node, $"wants {pattern}", report => report.Health == PeerHealth.Healthy && report.RemoteInterest.Contains(pattern));
    }

    /// <summary>Asks it to stop; the result is its exit code.</summary>
    public Task<int> StopAsync()
    {
        _process.RequestStop();
        return _process.ExitAsync();
    }

    /// <summary>The exit code of Ctrl-C.</summary>
    public Task<int> InterruptAsync()
    {
        _process.PressControlC();
        return _process.ExitAsync();
    }

    /// <summary>Ends it at once: kill -9.</summary>
    public Task KillAsync() => _process.KillAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        if (_client is not null)
        {
            await _client.DisposeAsync();
        }
    }

    // The line is a label, two spaces or more, the value, and perhaps a remark.
    private static string Value(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
}
