using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

internal static class TestClusters
{
    public static async Task<InProcessTestCluster> StartAsync(short silos, Action<ISiloBuilder>? configure = null)
    {
        InProcessTestClusterBuilder builder = new(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<Probe>();
            configure?.Invoke(silo);
        });
        InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    /// <summary>The grain factory within a silo: calls from it to grains of that silo cross no wire.</summary>
    public static IGrainFactory GrainsOf(this InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IGrainFactory>();

    public static Probe ProbeOf(this InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<Probe>();

    public static string NewKey() => Guid.NewGuid().ToString("N");
}
