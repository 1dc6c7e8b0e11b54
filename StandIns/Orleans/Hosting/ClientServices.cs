// The services of a client.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using EventMesh.StandIns.Calls;
using EventMesh.StandIns.Runtime;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

using Orleans;
using Orleans.Configuration;
using Orleans.Hosting;

namespace EventMesh.StandIns.Hosting;

internal static class ClientServices
{
    public static void Add(ClientBuilder builder)
    {
        IServiceCollection services = builder.Services;
        services.AddOptions();
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.Configure<ClusterOptions>(builder.Configuration.GetSection("Orleans"));
        services.AddSingleton<Client>();
        services.AddSingleton<IClusterClient>(static provider => provider.GetRequiredService<Client>().Factory);
        services.AddSingleton<IGrainFactory>(static provider => provider.GetRequiredService<IClusterClient>());
        services.AddHostedService<ClientHostedService>();
    }
}

/// <summary>A client's end of calls.</summary>
internal sealed class Client : IDisposable
{
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly CallSender _sender;

    public Client(IServiceProvider services, IOptions<ClientMessagingOptions> options, TimeProvider time)
    {
        Cluster cluster = services.GetService<Cluster>() ?? throw new NotSupportedException(
            "A client connects to a cluster in another process, and the Orleans stand-in is one process: this needs DependencySet=packages. "
            + "Within a silo use its IClusterClient; tests use the client of their InProcessTestCluster.");
        _sender = new CallSender(cluster, null, options.Value, time);
        Factory = new ClusterClient(_id, _sender, services);
    }

    public ClusterClient Factory { get; }

    public void Connect() => _sender.Cluster.Observers.AddOwner(_id, _sender);

    public void Disconnect()
    {
        _sender.Cluster.Observers.RemoveOwner(_id);
        _sender.Stop("The client has been stopped.");
    }

    public void Dispose()
    {
        Disconnect();
        _sender.Dispose();
    }
}

internal sealed class ClientHostedService(IServiceProvider services) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredService<Client>().Connect();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredService<Client>().Disconnect();
        return Task.CompletedTask;
    }
}
