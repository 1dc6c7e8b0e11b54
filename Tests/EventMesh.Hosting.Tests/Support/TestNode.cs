using EventMesh.Core.Identity;
using EventMesh.Hosting.Node;
using EventMesh.Storage;
using EventMesh.Storage.Memory;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace EventMesh.Hosting.Tests.Support;

/// <summary>A node of the mesh in this process: silos that share one store in memory.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    /// <summary>Generous: only a test that fails waits so long.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private TestNode(InProcessTestCluster cluster, MemoryLogStore store)
    {
        Cluster = cluster;
        Store = store;
    }

    public InProcessTestCluster Cluster { get; }

    public MemoryLogStore Store { get; }

    public IMeshNode this[int silo] => Services(silo).GetRequiredService<IMeshNode>();

    public static async Task<TestNode> StartAsync(
        int silos = 1,
        Action<EventMeshOptions>? configure = null,
        IWorkScheduler? flush = null,
        Action<ISiloBuilder>? silo = null,
        MemoryStorageOptions? storage = null,
        MemoryLogStore? store = null)
    {
        store ??= new MemoryLogStore(NodeId.Parse("west"), storage ?? new MemoryStorageOptions(), TimeProvider.System, flush);
        var builder = new InProcessTestClusterBuilder((short)silos);
        builder.ConfigureSilo((_, siloBuilder) =>
        {
            siloBuilder.Services.AddSingleton<IEventLogProvider>(new SharedMemoryEventLogProvider(store));
            siloBuilder.AddEventMesh(options =>
            {
                options.NodeId = "west";
                options.PeerListen = "";
                // Wake-ups are what is tested: a sweep would hide one that was lost.
                options.SweepInterval = TimeSpan.FromHours(1);
                configure?.Invoke(options);
            });
            silo?.Invoke(siloBuilder);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new TestNode(cluster, store);
    }

    public IServiceProvider Services(int silo) => Cluster.GetSiloServiceProvider(Cluster.Silos[silo].SiloAddress);

    public async ValueTask DisposeAsync()
    {
        await Cluster.StopAllSilosAsync();
        await Cluster.DisposeAsync();
    }
}
