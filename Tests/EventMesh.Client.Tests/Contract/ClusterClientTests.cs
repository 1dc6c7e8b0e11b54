using EventMesh.Core.Identity;
using EventMesh.Hosting.Node;
using EventMesh.Storage.Memory;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace EventMesh.Client.Tests.Contract;

/// <summary>The contract over an Orleans client, with two silos that share a store behind it.</summary>
public sealed class ClusterClientTests : MeshClientContract
{
    private InProcessTestCluster? _cluster;

    protected override async Task<IMeshClient> CreateClientAsync(MeshClientOptions options)
    {
        _cluster ??= await DeployAsync();
        return MeshClient.ForCluster(_cluster.Client, options);
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_cluster is not null)
        {
            await _cluster.StopAllSilosAsync();
            await _cluster.DisposeAsync();
        }
    }

    private static async Task<InProcessTestCluster> DeployAsync()
    {
        var store = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System);
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<IEventLogProvider>(new SharedMemoryEventLogProvider(store));
            silo.AddEventMesh(static options =>
            {
                options.NodeId = "west";
                options.PeerListen = "";
            });
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }
}
