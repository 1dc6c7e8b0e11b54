using EventMesh.StandIns.Orleans.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class DiscoveryTests
{
    [Fact]
    public async Task Classes_WhenAssemblyIsAPart_AreHosted()
    {
        await using InProcessTestCluster cluster = await TestClusters.StartAsync(1);

        Assert.Contains(GrainType.Create("echo"), GrainsOf(cluster));
        Assert.Contains(GrainType.Create("tests.named"), GrainsOf(cluster));
    }

    [Fact]
    public async Task Classes_WhenOneIsRemoved_AreHostedElsewhereOnly()
    {
        InProcessTestClusterBuilder builder = new(2);
        builder.ConfigureSilo((options, silo) =>
        {
            silo.Services.AddSingleton<Probe>();
            if (options.SiloName == "Silo_0")
            {
                silo.Services.Configure<GrainTypeOptions>(types => types.Classes.Remove(typeof(LocalGrain)));
            }
        });
        builder.Options.AssumeHomogenousSilosForTesting = false;
        await using InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        InProcessSiloHandle without = cluster.Silos.Single(silo => silo.Name == "Silo_0");

        for (int i = 0; i < 10; i++)
        {
            Assert.Equal("Silo_1", await without.GrainsOf().GetGrain<ILocalGrain>(TestClusters.NewKey()).WhereAsync());
        }
    }

    [Fact]
    public async Task GetGrain_WhenNoSiloHostsTheClass_Throws()
    {
        await using InProcessTestCluster cluster = await TestClusters.StartAsync(
            1, silo => silo.Services.Configure<GrainTypeOptions>(types => types.Classes.Remove(typeof(LocalGrain))));

        ArgumentException error = Assert.Throws<ArgumentException>(() => cluster.Client.GetGrain<ILocalGrain>("a"));

        Assert.Contains(nameof(ILocalGrain), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetGrain_WhenClassHasAGrainType_IdNamesIt()
    {
        await using InProcessTestCluster cluster = await TestClusters.StartAsync(1);

        INamedGrain grain = cluster.Client.GetGrain<INamedGrain>("k");

        Assert.Equal(GrainId.Create("tests.named", "k"), grain.GetGrainId());
        Assert.Equal("k", grain.GetPrimaryKeyString());
        Assert.Equal("tests.named/k", await grain.GetIdAsync());
    }

    private static IEnumerable<GrainType> GrainsOf(InProcessTestCluster cluster) =>
        cluster.GetSiloServiceProvider().GetRequiredService<IClusterManifestProvider>().LocalGrainManifest.Grains.Keys;
}
