using EventMesh.Core.Identity;
using EventMesh.Grains;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Silo;
using EventMesh.Grains.Topics;
using EventMesh.Grains.State;
using EventMesh.Hosting;
using EventMesh.Hosting.Doors;
using EventMesh.Hosting.Links;
using EventMesh.Hosting.Node;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Hosting.Node.Lifecycle;
using EventMesh.Hosting.Node.Publishing;
using EventMesh.Hosting.Node.Replicating;
using EventMesh.Hosting.Node.Subscriptions;
using EventMesh.Hosting.Ports;
using EventMesh.Storage.Files;
using EventMesh.Storage.Memory;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Hosting;

/// <summary>Makes a silo part of the mesh.</summary>
public static class EventMeshSiloBuilderExtensions
{
    /// <summary>Makes this silo part of a node of the mesh. Options come from section <c>EventMesh</c>, then from <paramref name="configure"/>.</summary>
    /// <remarks>
    /// <para>Events are kept in files below <c>EventMesh:Storage:Path</c>; in memory with <c>options => options.Storage.Kind = StorageKind.Memory</c>.</para>
    /// <para>Repeating it only adds to the options. No default provider of the host is used or replaced: the node's own state lies in its log, by the
    /// grain storage <see cref="MeshGrainStorage.ProviderName"/>, which the host's grains may use by that name. Services that the host has registered before
    /// (<see cref="IEventLogProvider"/>, a <see cref="TimeProvider"/> under the key <see cref="MeshTime.Key"/>) are kept.</para>
    /// <para>Serve clients and peers with <c>app.MapEventMesh()</c>.</para>
    /// </remarks>
    public static ISiloBuilder AddEventMesh(this ISiloBuilder builder, Action<EventMeshOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        var isFirst = services.All(static service => service.ServiceType != typeof(NodeLog));
        if (isFirst)
        {
            AddOptions(services);
        }

        if (configure is not null)
        {
            services.Configure(configure);
        }

        if (isFirst)
        {
            AddNode(services);
            AddInterest(services);
            AddState(services);
            AddLifecycle(services);
            AddPorts(services);
            services.AddLinks();
            services.AddClientDoors();
            services.Configure<GrainTypeOptions>(static options => options.Classes.UnionWith(MeshGrains.Classes));
        }

        return builder;
    }

    private static void AddOptions(IServiceCollection services)
    {
        services.AddOptions<EventMeshOptions>().BindConfiguration(EventMeshOptions.Section).ValidateOnStart();
        services.PostConfigure<EventMeshOptions>(static options =>
            options.NodeId = string.IsNullOrWhiteSpace(options.NodeId) ? EventMeshOptions.DefaultNodeId(Environment.MachineName) : options.NodeId);
        services.AddSingleton<IValidateOptions<EventMeshOptions>, EventMeshOptionsValidator>();
        services.AddOptions<FileStorageOptions>().BindConfiguration(FileStorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<FileStorageOptions>, FileStorageOptionsValidator>();
        services.AddOptions<MemoryStorageOptions>().BindConfiguration(MemoryStorageOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<MemoryStorageOptions>, MemoryStorageOptionsValidator>();
        services.TryAddKeyedSingleton<TimeProvider>(MeshTime.Key, static (provider, _) => provider.GetService<TimeProvider>() ?? TimeProvider.System);
    }

    private static void AddNode(IServiceCollection services)
    {
        services.TryAddSingleton<IEventLogProvider>(static provider =>
            provider.GetRequiredService<IOptions<EventMeshOptions>>().Value.Storage.Kind == StorageKind.Memory
                ? ActivatorUtilities.CreateInstance<MemoryEventLogProvider>(provider)
                : ActivatorUtilities.CreateInstance<FileEventLogProvider>(provider));
        services.AddMetrics();
        services.AddSingleton<NodeInstruments>();
        services.AddSingleton<NodeLog>();
        services.AddSingleton<NodeState>();
        services.AddSingleton<INodeHealth, NodeCondition>();
        services.AddSingleton<OpenTopics>();
        services.AddSingleton<TopicAppender>();
        services.AddSingleton<TopicReplicator>();
        services.AddSingleton<AppendCall>(static provider =>
            (topic, request) => provider.GetRequiredService<IGrainFactory>().GetGrain<ITopicGrain>(topic.Value).AppendAsync(request, CancellationToken.None));
        services.AddSingleton<ReplicateCall>(static provider => (topic, request, cancellationToken) =>
            provider.GetRequiredService<IGrainFactory>().GetGrain<ITopicGrain>(topic.Value).ReplicateAsync(request, cancellationToken));
        services.AddSingleton(static provider => new PublishLanes(
            provider.GetRequiredService<TopicAppender>(),
            NodeId.Parse(provider.GetRequiredService<IOptions<EventMeshOptions>>().Value.NodeId),
            provider.GetRequiredService<IOptions<EventMeshOptions>>().Value,
            provider.GetRequiredService<NodeInstruments>(),
            provider.GetRequiredService<ILogger<PublishLanes>>()));
        services.AddSingleton<IMeshNode, MeshNode>();
        services.AddSingleton<ILinkHost, LinkHost>();
        services.AddSingleton<IMeshSilo, MeshSilo>();
        services.AddSingleton(static provider => new SubscriptionHub(
            provider.GetRequiredService<InterestTable>(),
            provider.GetRequiredService<InterestSync>(),
            provider.GetRequiredService<IOptions<EventMeshOptions>>().Value,
            provider.GetRequiredService<NodeInstruments>(),
            provider.GetRequiredKeyedService<TimeProvider>(MeshTime.Key)));
    }

    private static void AddState(IServiceCollection services)
    {
        services.AddOptions<StateOptions>().BindConfiguration(StateOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StateOptions>, StateOptionsValidator>();
        services.AddKeyedSingleton<IGrainStorage>(
            MeshGrainStorage.ProviderName, static (provider, _) => new MeshGrainStorage(provider.GetRequiredService<IGrainFactory>()));
    }

    private static void AddInterest(IServiceCollection services)
    {
        services.AddSingleton<ClusterMembers>();
        services.AddSingleton<IMeshMembership>(static provider => provider.GetRequiredService<ClusterMembers>());
        services.AddSingleton<InterestTable>();
        services.AddSingleton<InterestSync>();
        services.AddSingleton<WakeupDispatcher>();
        services.AddSingleton<SiloIdentity>();
    }

    private static void AddPorts(IServiceCollection services)
    {
        services.AddSingleton<MeshAddresses>();
        services.AddSingleton<Http2Handover>();
        services.AddSingleton<IConnectionListenerFactory>(static provider => provider.GetRequiredService<Http2Handover>());
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, MeshKestrelSetup>();
        services.AddSingleton<MatcherPolicy, PortPolicy>();
    }

    private static void AddLifecycle(IServiceCollection services)
    {
        services.AddSingleton<SingleSiloGuard>();
        services.AddSingleton<SweepLoop>();
        services.AddSingleton<InterestRunner>();
        services.AddSingleton<NodeServing>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MeshLifecycle>();
    }
}
