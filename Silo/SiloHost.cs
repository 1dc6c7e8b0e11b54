using EventMesh.Core.Errors;
using EventMesh.Hosting;
using EventMesh.Storage.Files;
using EventMesh.Storage.Memory;
using Orleans.Hosting;
using LinkOptions = EventMesh.PeerLink.Configuration.LinkOptions;

namespace EventMesh.Silo;

/// <summary>Puts the host together: configuration, logging, one silo of one node.</summary>
internal static class SiloHost
{
    /// <param name="flags">What the command line says.</param>
    /// <param name="hasStarted">Whether the host runs.</param>
    /// <exception cref="EventMeshException"><c>InvalidConfiguration</c>: a value that cannot be read.</exception>
    public static WebApplication Build(IReadOnlyDictionary<string, string?> flags, Func<bool> hasStarted)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(flags);
        AcceptOneValueAsList(builder.Configuration, $"{EventMeshOptions.Section}:{nameof(EventMeshOptions.ConnectPeer)}");
        builder.Logging.ClearProviders();
        SiloLogging.Configure(builder.Logging, builder.Configuration, hasStarted);
        var nodeId = ReadNodeId(builder.Configuration);
        var ports = FreePorts.Find(2);
        builder.Host.UseOrleans(silo => silo
            .UseLocalhostClustering(ports[0], ports[1], serviceId: "eventmesh", clusterId: nodeId)
            .AddEventMesh());
        var app = builder.Build();
        app.MapEventMesh();
        return app;
    }

    /// <summary>Lets <c>EventMesh__ConnectPeer=a=host:1,b=host:2</c> do what the list <c>EventMesh__ConnectPeer__0</c> does, instead of nothing.</summary>
    private static void AcceptOneValueAsList(ConfigurationManager configuration, string key)
    {
        if (!string.IsNullOrWhiteSpace(configuration[key]) && configuration[$"{key}:0"] is null)
        {
            configuration.AddInMemoryCollection([KeyValuePair.Create($"{key}:0", configuration[key])]);
        }
    }

    /// <summary>Reads every section once, ahead of the host: a value of the wrong kind is refused by its key before anything starts.</summary>
    private static string ReadNodeId(ConfigurationManager configuration)
    {
        var options = new EventMeshOptions();
        try
        {
            configuration.GetSection(EventMeshOptions.Section).Bind(options);
            configuration.GetSection(LinkOptions.SectionName).Bind(new LinkOptions());
            configuration.GetSection(FileStorageOptions.Section).Bind(new FileStorageOptions());
            configuration.GetSection(MemoryStorageOptions.Section).Bind(new MemoryStorageOptions());
        }
        catch (InvalidOperationException exception)
        {
            throw new EventMeshException(
                MeshErrorCode.InvalidConfiguration, $"{MeshErrorCode.InvalidConfiguration.ToLabel()} {exception.Message}", exception);
        }

        return string.IsNullOrWhiteSpace(options.NodeId) ? EventMeshOptions.DefaultNodeId(Environment.MachineName) : options.NodeId;
    }
}
