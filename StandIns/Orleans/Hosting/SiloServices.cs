// The services of a silo.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Runtime;

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;

namespace EventMesh.StandIns.Hosting;

internal static class SiloServices
{
    public static void Add(SiloBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddOptions();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IConfigureOptions<GrainTypeOptions>, DefaultGrainTypes>();
        services.PostConfigure<SiloOptions>(options => options.SiloName ??= $"Silo_{Guid.NewGuid().ToString("N")[..5]}");
        Bind(builder);
        services.AddSingleton<Cluster>();
        services.AddSingleton<Silo>();
        services.AddSingleton<ILocalSiloDetails>(static provider => provider.GetRequiredService<Silo>());
        services.AddSingleton(static provider => CreateLifecycle(provider));
        services.AddSingleton<ISiloLifecycle>(static provider => provider.GetRequiredService<LifecycleStages>());
        services.AddSingleton<IClusterMembershipService, ClusterMembershipService>();
        services.AddSingleton<IClusterManifestProvider, ClusterManifestProvider>();
        services.AddSingleton<IClusterClient>(static provider => CreateClient(provider));
        services.AddSingleton<IGrainFactory>(static provider => provider.GetRequiredService<IClusterClient>());
        services.AddTransient<IGrainContext>(static _ => RuntimeContext.Current
            ?? throw new InvalidOperationException("There is no grain context outside of a grain."));
        services.AddSingleton<ClusteringCheck>();
        services.AddHostedService<SiloHostedService>();
    }

    /// <summary>Section "Orleans" of the configuration, as far as it means anything here.</summary>
    private static void Bind(SiloBuilder builder)
    {
        IConfigurationSection section = builder.Configuration.GetSection("Orleans");
        builder.Services.AddSingleton(new ConfiguredClustering(section.GetSection("Clustering")["ProviderType"]));
        builder.Services.Configure<ClusterOptions>(section);
        builder.Services.Configure<SiloMessagingOptions>(section.GetSection("Messaging"));
        if (section["Name"] is { } name)
        {
            builder.Services.Configure<SiloOptions>(options => options.SiloName = name);
        }
    }

    private static LifecycleStages CreateLifecycle(IServiceProvider provider) => new(provider.GetRequiredService<Silo>().Log.StopFailed);

    private static ClusterClient CreateClient(IServiceProvider provider)
    {
        Silo silo = provider.GetRequiredService<Silo>();
        return new ClusterClient(silo.OwnerId, silo.Sender, provider);
    }
}
