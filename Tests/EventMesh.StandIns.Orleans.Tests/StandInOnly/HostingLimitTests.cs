using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime;

namespace EventMesh.StandIns.Orleans.Tests.StandInOnly;

public sealed class HostingLimitTests
{
    [Fact]
    public async Task Start_WhenPrimarySiloIsAnother_IsRefused()
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.UseOrleans(static silo => silo.UseLocalhostClustering(primarySiloEndpoint: new IPEndPoint(IPAddress.Loopback, 22_222)));

        await AssertRefusedAsync<OrleansConfigurationException>(builder, "22222");
    }

    [Fact]
    public async Task Start_WhenConfigurationNamesAClusteringProvider_IsRefused()
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("Orleans:Clustering:ProviderType", (string?)"Redis")]);
        builder.UseOrleans();

        await AssertRefusedAsync<OrleansConfigurationException>(builder, "Redis");
    }

    [Fact]
    public async Task Start_WhenClusteringIsNotConfigured_NamesTheRemedy()
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.UseOrleans();
        using IHost host = builder.Build();

        OrleansConfigurationException error = await Assert.ThrowsAsync<OrleansConfigurationException>(() => host.StartAsync());

        Assert.Contains("UseLocalhostClustering", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenClientIsOnItsOwn_IsRefused()
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.UseOrleansClient(static client => client.UseLocalhostClustering());

        await AssertRefusedAsync<NotSupportedException>(builder, "another process");
    }

    [Fact]
    public async Task Silos_WhenTwoHostsRunInOneProcess_AreTwoClusters()
    {
        using IHost first = await StartSiloAsync(11_600);
        using IHost second = await StartSiloAsync(11_601);

        Assert.All([first, second], host => Assert.Single(MembersOf(host)));
        await first.StopAsync();
        Assert.Equal(SiloStatus.Active, MembersOf(second).Single().Status);
        await second.StopAsync();
    }

    private static HostApplicationBuilder NewBuilder() =>
        Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });

    private static async Task<IHost> StartSiloAsync(int port)
    {
        HostApplicationBuilder builder = NewBuilder();
        builder.UseOrleans(silo => silo.UseLocalhostClustering(siloPort: port));
        IHost host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static IEnumerable<ClusterMember> MembersOf(IHost host) =>
        ((IClusterMembershipService)host.Services.GetService(typeof(IClusterMembershipService))!).CurrentSnapshot.Members.Values;

    private static async Task AssertRefusedAsync<TException>(HostApplicationBuilder builder, string named)
        where TException : Exception
    {
        using IHost host = builder.Build();

        TException error = await Assert.ThrowsAsync<TException>(() => host.StartAsync());

        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("DependencySet=packages", error.Message, StringComparison.Ordinal);
    }
}
