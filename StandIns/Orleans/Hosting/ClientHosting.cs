// UseOrleansClient: makes a host a client of a cluster.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Hosting;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

using Orleans.Hosting;

namespace Microsoft.Extensions.Hosting;

/// <summary>Differs: only a client that a test cluster starts connects; any other fails at start, since a stand-in cluster is one process.</summary>
public static class OrleansClientGenericHostExtensions
{
    private const string ClientKey = "HasOrleansClientBuilder";
    private const string SiloKey = "HasOrleansSiloBuilder";

    public static IServiceCollection AddOrleansClient(this IServiceCollection services, Action<IClientBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(configureDelegate);
        configureDelegate(GetBuilder(services, null));
        return services;
    }

    public static HostApplicationBuilder UseOrleansClient(this HostApplicationBuilder hostAppBuilder) =>
        UseOrleansClient(hostAppBuilder, static _ => { });

    public static HostApplicationBuilder UseOrleansClient(
        this HostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate)
    {
        ((IHostApplicationBuilder)hostAppBuilder).UseOrleansClient(configureDelegate);
        return hostAppBuilder;
    }

    public static IHostApplicationBuilder UseOrleansClient(this IHostApplicationBuilder hostAppBuilder) =>
        UseOrleansClient(hostAppBuilder, static _ => { });

    public static IHostApplicationBuilder UseOrleansClient(
        this IHostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(hostAppBuilder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        configureDelegate(GetBuilder(hostAppBuilder.Services, hostAppBuilder.Configuration));
        return hostAppBuilder;
    }

    public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder) =>
        UseOrleansClient(hostBuilder, static (_, _) => { });

    public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder, Action<IClientBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(configureDelegate);
        return UseOrleansClient(hostBuilder, (_, builder) => configureDelegate(builder));
    }

    public static IHostBuilder UseOrleansClient(
        this IHostBuilder hostBuilder, Action<HostBuilderContext, IClientBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        if (hostBuilder.Properties.ContainsKey(SiloKey))
        {
            throw BuilderMarks.BothSiloAndClient();
        }

        hostBuilder.Properties[ClientKey] = "true";
        return hostBuilder.ConfigureServices(
            (context, services) => configureDelegate(context, GetBuilder(services, context.Configuration)));
    }

    private static IClientBuilder GetBuilder(IServiceCollection services, IConfiguration? configuration) =>
        BuilderMarks.GetOrAdd<IClientBuilder>(services, () =>
        {
            ClientBuilder builder = new(services, configuration ?? new ConfigurationBuilder().Build());
            ClientServices.Add(builder);
            return builder;
        });
}
