using System.Text;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Hosting;
using EventMesh.Hosting.Node;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace EventMesh.UserHost.Tests;

/// <summary>A cluster in which one silo takes part in the mesh and the other merely references the package.</summary>
public sealed class BystanderTests
{
    [Fact]
    public async Task SiloThatDoesNotCallAddEventMesh_HostsNoMeshGrain_AndCanCallThem()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.AssumeHomogenousSilosForTesting = false;
        var silos = 0;
        builder.ConfigureSilo((_, silo) =>
        {
            // The store is for one silo: that the other joins at all shows that it does not count as one of the mesh.
            if (Interlocked.Increment(ref silos) == 1)
            {
                silo.AddEventMesh(options =>
                {
                    options.NodeId = "west";
                    options.Storage.Kind = StorageKind.Memory;
                });
            }
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        // Silos are built side by side, so either may be the bystander.
        var bystander = Assert.Single(
            cluster.Silos.Select(silo => cluster.GetSiloServiceProvider(silo.SiloAddress)), services => services.GetService<IMeshNode>() is null);
        var grains = bystander.GetRequiredService<IGrainFactory>();

        // A mesh grain needs services that only AddEventMesh registers, so on the bystander its activation could not even be built.
        var replies = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => AppendAsync(grains, $"orders.n{i}")));
        var opened = await grains.GetGrain<ISessionGrain>("session").OpenAsync(new SessionOpen([">"], StartAt.Earliest, 0, []));
        var topics = await grains.GetGrain<ICatalogGrain>("0").ListTopicsAsync("", "", 100);

        Assert.All(replies, reply => Assert.Equal(MeshErrorCode.None, reply.Code));
        Assert.Equal(MeshErrorCode.None, opened.Code);
        Assert.Equal(40, topics.Topics.Length);
    }

    private static Task<AppendReply> AppendAsync(IGrainFactory grains, string topic)
    {
        var batch = new EventBatchBuilder();
        batch.Add(Encoding.UTF8.GetBytes(topic));
        return grains.GetGrain<ITopicGrain>(topic).AppendAsync(
            new AppendRequest(1, batch.BuildCopy().Bytes.ToArray(), Durability.Disk), CancellationToken.None);
    }
}
