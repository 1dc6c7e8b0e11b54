using EventMesh.StandIns.Orleans.Tests.Grains;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class HostingTests
{
    [Fact]
    public async Task Start_WhenClusteringIsNotConfigured_IsRefused()
    {
        using IHost host = Build(static _ => { });

        // The real runtime refuses too, with an error that depends on what it misses first.
        await Assert.ThrowsAnyAsync<Exception>(() => host.StartAsync());
    }

    [Fact]
    public void Configure_WhenHostIsSiloAndClient_IsRefused()
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.UseOrleans(static silo => silo.UseLocalhostClustering());

        Assert.Throws<OrleansConfigurationException>(() => builder.UseOrleansClient(static client => client.UseLocalhostClustering()));
    }

    [Fact]
    public async Task Start_WhenClusteringIsLocalhost_HostsGrains()
    {
        using IHost host = Build(static silo => silo.UseLocalhostClustering(siloPort: 11_555, gatewayPort: 30_555));
        await host.StartAsync();

        string answer = await host.Services.GetRequiredService<IClusterClient>().GetGrain<IEchoGrain>("a").SayAsync("hello");
        await host.StopAsync();

        Assert.Equal("a says hello", answer);
        ILocalSiloDetails details = host.Services.GetRequiredService<ILocalSiloDetails>();
        Assert.Equal(11_555, details.SiloAddress.Endpoint.Port);
    }

    [Fact]
    public async Task Stop_WhenSiloHasActivations_DeactivatesThem()
    {
        Probe probe = new();
        using IHost host = Build(silo => silo.UseLocalhostClustering(siloPort: 11_556, gatewayPort: 30_556), probe);
        await host.StartAsync();
        await host.Services.GetRequiredService<IGrainFactory>().GetGrain<ILifeGrain>("a").CountAsync();

        await host.StopAsync();

        Assert.Equal(["a activated", "a deactivated: ShuttingDown"], probe.TakeAll());
    }

    private static HostApplicationBuilder NewBuilder() =>
        Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });

    private static IHost Build(Action<ISiloBuilder> configure, Probe? probe = null)
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.Services.AddSingleton(probe ?? new Probe());
        builder.UseOrleans(configure);
        return builder.Build();
    }
}
