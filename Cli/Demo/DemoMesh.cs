using EventMesh.Client;
using EventMesh.Core.Errors;
using EventMesh.Grains.Interfaces.Messages;

namespace EventMesh.Cli.Demo;

/// <summary>Three nodes, each a process, every two linked; the cable between central and east is the demo's own. Disposing it leaves no process and no file behind.</summary>
internal sealed class DemoMesh : IAsyncDisposable
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("eventmesh-demo-");
    private readonly List<SiloProcess> _silos = [];
    private readonly Dictionary<string, IMeshClient> _clients = [];
    private TcpRelay? _cable;

    private DemoMesh()
    {
    }

    public IReadOnlyCollection<string> Nodes => _clients.Keys;

    /// <summary>The cable between central and east.</summary>
    public TcpRelay Cable => _cable!;

    public IMeshClient ClientOf(string node) => _clients[node];

    public static async Task<DemoMesh> StartAsync(SiloBuild build, CancellationToken cancellationToken)
    {
        var mesh = new DemoMesh();
        try
        {
            // The later node dials, so that every address is known when it is needed.
            var west = await mesh.AddAsync(build, "west", "", cancellationToken);
            var central = await mesh.AddAsync(build, "central", $"west={west.PeerAddress}", cancellationToken);
            mesh._cable = new TcpRelay(central.PeerAddress);
            await mesh.AddAsync(build, "east", $"west={west.PeerAddress},central={mesh.Cable.Address}", cancellationToken);
            return mesh;
        }
        catch
        {
            await mesh.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until every two nodes are linked and every node has told its interest to all.</summary>
    public async Task WaitUntilLinkedAsync(int patterns, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(ReadyTimeout, TimeProvider.System);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var state = "";
        try
        {
            foreach (var (node, client) in _clients)
            {
                while (!IsLinked(await client.ListPeersAsync(linked.Token), patterns, out state))
                {
                    state = $"{node}: {state}";
                    await Task.Delay(PollInterval, TimeProvider.System, linked.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new EventMeshException(MeshErrorCode.PeerUnreachable, $"The nodes were not linked after {ReadyTimeout.TotalSeconds} s ({state}).");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
        {
            await client.DisposeAsync();
        }

        if (_cable is not null)
        {
            await _cable.DisposeAsync();
        }

        foreach (var silo in _silos)
        {
            await silo.DisposeAsync();
        }

        try
        {
            _files.Delete(recursive: true);
        }
        catch (IOException failure)
        {
            // The result of the demo stands; whoever tidies up has to know where.
            await Console.Error.WriteLineAsync($"The stores in {_files.FullName} could not be removed: {failure.Message}");
        }
    }

    private async Task<SiloProcess> AddAsync(SiloBuild build, string node, string connectPeer, CancellationToken cancellationToken)
    {
        var silo = await SiloProcess.StartAsync(build, node, Path.Combine(_files.FullName, node), connectPeer, cancellationToken);
        _silos.Add(silo);
        _clients.Add(node, MeshClient.ForGrpc(silo.Url));
        return silo;
    }

    private bool IsLinked(IReadOnlyList<PeerReport> peers, int patterns, out string state)
    {
        state = string.Join(", ", peers.Select(static peer => $"{peer.Peer} is {peer.Health} {peer.LastError}"));
        return peers.Count(peer => peer is { Health: PeerHealth.Healthy, IsInterestSynced: true } && peer.RemoteInterest.Length >= patterns) == _clients.Count - 1;
    }
}
