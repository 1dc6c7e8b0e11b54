using System.Net;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Node.Lifecycle;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EventMesh.Hosting.Tests.Node;

public sealed class SingleSiloGuardTests
{
    [Fact]
    public async Task SecondSilo_OnAStoreForOne_RefusesToJoin_AndTheFirstGoesOn()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo(static (_, silo) => silo.AddEventMesh(static options =>
        {
            options.NodeId = "west";
            options.Storage.Kind = StorageKind.Memory;
        }));
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
        builder.ConfigureSilo(static (_, silo) => silo.AddEventMesh(static options =>
        {
            options.NodeId = "west";
            options.Storage.Kind = StorageKind.Memory;
        }));
        await using var cluster = builder.Build();
        await cluster.DeployAsync();

        await cluster.RestartSiloAsync(cluster.Silos[0]);

        var node = cluster.GetSiloServiceProvider(cluster.Silos[0].SiloAddress).GetRequiredService<IMeshNode>();
        Assert.Equal(0, (await node.PublishAsync("orders", "again")).FirstSequence);
    }

    [Fact]
    public async Task OlderSilo_WhenASecondOneAppearsAllTheSame_StopsServingAndSaysWhy()
    {
        var self = SiloAddress.New(IPAddress.Loopback, 11111, 5);
        var olderLife = SiloAddress.New(IPAddress.Loopback, 11111, 4);
        var other = SiloAddress.New(IPAddress.Loopback, 22222, 5);
        var membership = new FakeMembership(self.ToParsableString(), olderLife.ToParsableString());
        using var state = new NodeState(NullLogger<NodeState>.Instance);
        state.Serve();
        using var guard = new SingleSiloGuard(new OneSiloStore(), membership, new Self(self), state, TimeProvider.System);
        await guard.CheckAsync(CancellationToken.None);
        var alone = state.Problems;

        membership.Set([self.ToParsableString(), other.ToParsableString()]);

        Assert.Empty(alone);
        Assert.Contains(state.Problems, static problem => problem.Contains("EM4003", StringComparison.Ordinal));
        Assert.True(state.Stopping.IsCancellationRequested);
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

    private sealed class OneSiloStore : IEventLogProvider
    {
        public bool IsShared => false;

        public ValueTask<IEventLog> OpenAsync(NodeId node, CancellationToken cancellationToken) => throw new InvalidOperationException("Nobody opens it.");
    }

    private sealed class Self(SiloAddress address) : ILocalSiloDetails
    {
        public string Name => "self";

        public string ClusterId => "cluster";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => address;

        public SiloAddress GatewayAddress => address;
    }
}
