// The hosts of a test cluster's silos and client.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Net;

using EventMesh.StandIns.Runtime;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

using Orleans.Configuration;
using Orleans.Hosting;

namespace Orleans.TestingHost;

internal static class TestHosts
{
    public static async Task<IHost> StartSiloAsync(
        InProcessTestClusterOptions options, InProcessTestSiloSpecificOptions siloOptions, Cluster cluster)
    {
        HostApplicationBuilder builder = CreateBuilder(siloOptions.SiloName);
        foreach (Action<InProcessTestSiloSpecificOptions, IHostApplicationBuilder> configure in options.SiloHostConfigurationDelegates)
        {
            configure(siloOptions, builder);
        }

        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(ids => SetIds(ids, options))
            .Configure<SiloOptions>(names => names.SiloName = siloOptions.SiloName)
            .Configure<EndpointOptions>(endpoint =>
            {
                endpoint.AdvertisedIPAddress = IPAddress.Loopback;
                endpoint.SiloPort = siloOptions.SiloPort;
                endpoint.GatewayPort = siloOptions.GatewayPort;
            })
            .Services.AddSingleton(cluster));

        IHost host = builder.Build();
        try
        {
            await Task.Run(() => host.StartAsync());
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    public static IHost BuildClient(InProcessTestClusterOptions options, Cluster cluster)
    {
        HostApplicationBuilder builder = CreateBuilder("TestClusterClient");
        foreach (Action<IHostApplicationBuilder> configure in options.ClientHostConfigurationDelegates)
        {
            configure(builder);
        }

        builder.UseOrleansClient(client => client
            .Configure<ClusterOptions>(ids => SetIds(ids, options))
            .Services.AddSingleton(cluster));
        return builder.Build();
    }

    private static HostApplicationBuilder CreateBuilder(string name) => Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
    {
        ApplicationName = name,
        EnvironmentName = Environments.Development,
        DisableDefaults = true,
    });

    private static void SetIds(ClusterOptions ids, InProcessTestClusterOptions options)
    {
        ids.ClusterId = options.ClusterId;
        ids.ServiceId = options.ServiceId;
    }
}
