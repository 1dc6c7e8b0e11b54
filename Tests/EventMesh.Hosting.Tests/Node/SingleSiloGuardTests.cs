using EventMesh.Core.Errors;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace EventMesh.Hosting.Tests.Node;

public sealed class SingleSiloGuardTests
{
    [Fact]
    public async Task SecondSilo_OnAStoreForOne_RefusesToJoin_AndTheFirstGoesOn()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo(static (_, silo) => silo.AddEventMesh(static options => options.NodeId = "west"));
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        var first = cluster.GetSiloServiceProvider(cluster.Silos[0].SiloAddress);

        var refusal = await Assert.ThrowsAnyAsync<Exception>(cluster.StartAdditionalSiloAsync);

        Assert.Contains(MeshErrorCode.SecondSilo, Codes(refusal));
        await first.GetRequiredService<IMeshNode>().PublishAsync("orders", "still here");
        Assert.True(first.GetRequiredService<INodeHealth>().Current.IsReady);
    }

    [Fact]
    public async Task RestartedSilo_MayJoinAgain()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo(static (_, silo) => silo.AddEventMesh(static options => options.NodeId = "west"));
        await using var cluster = builder.Build();
        await cluster.DeployAsync();

        await cluster.RestartSiloAsync(cluster.Silos[0]);

        var node = cluster.GetSiloServiceProvider(cluster.Silos[0].SiloAddress).GetRequiredService<IMeshNode>();
        Assert.Equal(0, (await node.PublishAsync("orders", "again")).FirstSequence);
    }

    private static IEnumerable<MeshErrorCode> Codes(Exception failure)
    {
        for (Exception? next = failure; next is not null; next = next.InnerException)
        {
            foreach (var inner in next is AggregateException all ? all.Flatten().InnerExceptions.SelectMany(Codes) : [])
            {
                yield return inner;
            }

            if (next is EventMeshException mesh)
            {
                yield return mesh.Code;
            }
        }
    }
}
