// UseOrleans: makes a host a silo.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Hosting;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

using Orleans.Hosting;

namespace Microsoft.Extensions.Hosting;

/// <summary>Called more than once on a host they configure one silo, each adding to it.</summary>
public static class OrleansSiloGenericHostExtensions
{
    private const string ClientKey = "HasOrleansClientBuilder";
    private const string SiloKey = "HasOrleansSiloBuilder";

    public static IServiceCollection AddOrleans(this IServiceCollection services, Action<ISiloBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(configureDelegate);
        configureDelegate(GetBuilder(services, null));
        return services;
    }

    public static HostApplicationBuilder UseOrleans(this HostApplicationBuilder hostAppBuilder) =>
        UseOrleans(hostAppBuilder, static _ => { });

    public static HostApplicationBuilder UseOrleans(
        this HostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
    {
        ((IHostApplicationBuilder)hostAppBuilder).UseOrleans(configureDelegate);
        return hostAppBuilder;
    }

    public static IHostApplicationBuilder UseOrleans(this IHostApplicationBuilder hostAppBuilder) =>
        UseOrleans(hostAppBuilder, static _ => { });

    public static IHostApplicationBuilder UseOrleans(
        this IHostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(hostAppBuilder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        configureDelegate(GetBuilder(hostAppBuilder.Services, hostAppBuilder.Configuration));
        return hostAppBuilder;
    }

    public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<ISiloBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(configureDelegate);
        return UseOrleans(hostBuilder, (_, builder) => configureDelegate(builder));
    }

    public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<HostBuilderContext, ISiloBuilder> configureDelegate)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        ArgumentNullException.ThrowIfNull(configureDelegate);
        if (hostBuilder.Properties.ContainsKey(ClientKey))
        {
            throw BuilderMarks.BothSiloAndClient();
        }

        hostBuilder.Properties[SiloKey] = "true";
        return hostBuilder.ConfigureServices(
            (context, services) => configureDelegate(context, GetBuilder(services, context.Configuration)));
    }

    private static ISiloBuilder GetBuilder(IServiceCollection services, IConfiguration? configuration) =>
        BuilderMarks.GetOrAdd<ISiloBuilder>(services, () =>
        {
            SiloBuilder builder = new(services, configuration ?? new ConfigurationBuilder().Build());
            SiloServices.Add(builder);
            return builder;
        });
}
