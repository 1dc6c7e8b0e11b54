using EventMesh.EndToEnd.Tests.Processes;
using EventMesh.TestKit.Network;
using EventMesh.TestKit.Storage;
using Xunit.Abstractions;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace EventMesh.EndToEnd.Tests;

/// <summary>A test with processes: whatever it starts ends with it, and what the processes wrote is in the test's output.</summary>
public abstract class MeshTest(ITestOutputHelper output) : IAsyncLifetime, IDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();
    private readonly List<(string Name, ProcessOutput Lines)> _outputs = [];
    private readonly TemporaryDirectory _files = new();

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        while (_owned.TryPop(out var owned))
        {
            await owned.DisposeAsync();
        }

        foreach (var (name, lines) in _outputs)
        {
            output.WriteLine($"--- {name}{Environment.NewLine}{lines}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends <paramref name="resource"/> with the test.</summary>
    private protected T Own<T>(T resource)
        where T : IAsyncDisposable
    {
        _owned.Push(resource);
        return resource;
    }

    /// <summary>A path for a store of the test's own; nothing is there yet.</summary>
    private protected string NewStorage(string node) => _files.NewPath(node);

    /// <summary>A node with an empty store that is ready, and dials <paramref name="connectPeers"/> (<c>id=address:port</c>).</summary>
    private protected Task<SiloProcess> StartAsync(string node, params string[] connectPeers) => StartAsync(node, connectPeers, null);

    /// <summary>A node with an empty store that is ready, with more configuration keys.</summary>
    private protected Task<SiloProcess> StartAsync(
        string node, IReadOnlyCollection<string> connectPeers, IReadOnlyDictionary<string, string>? environment) =>
        StartOnAsync(NewStorage(node), node, connectPeers, environment);

    /// <summary>A node that is ready, and forgets everything when it ends.</summary>
    private protected Task<SiloProcess> StartInMemoryAsync(string node, params string[] connectPeers) => StartOnAsync(null, node, connectPeers, null);

    /// <summary>A node that is ready, with the store at <paramref name="storage"/>; in memory if that is null.</summary>
    private protected async Task<SiloProcess> StartOnAsync(
        string? storage, string node, IReadOnlyCollection<string> connectPeers, IReadOnlyDictionary<string, string>? environment = null)
    {
        var silo = Own(SiloProcess.Start(node, connectPeers, storage, environment));
        _outputs.Add((node, silo.Output));
        await silo.ReadyAsync();
        return silo;
    }

    /// <summary>A program beside the test; its current directory goes with the test.</summary>
    private protected ChildProcess Run(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null, string input = "")
    {
        var child = Own(ChildProcess.Start(program, arguments, _files.Location, environment, input));
        _outputs.Add((Path.GetFileNameWithoutExtension(program), child.Output));
        return child;
    }

    /// <summary>A cable to <paramref name="target"/> (<c>address:port</c>).</summary>
    private protected TcpRelay Cable(string target) => Own(TcpRelay.Start(target));

    /// <summary>A live subscriber at <paramref name="silo"/>.</summary>
    private protected async Task<Subscriber> SubscribeAsync(SiloProcess silo, string pattern) => Own(await Subscriber.OpenAsync(silo.Client, pattern));
}
