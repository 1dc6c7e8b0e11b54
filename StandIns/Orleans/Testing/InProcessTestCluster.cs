// Several silos and a client of one cluster in this process.
// Delete when: every feed that we build on has the Microsoft.Orleans packages.

using System.Collections.ObjectModel;

using EventMesh.StandIns.Runtime;

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

using Orleans.Configuration;
using Orleans.Runtime;

namespace Orleans.TestingHost;

/// <summary>Each silo and the client has a host of its own; they meet only here. Safe to use from any thread.</summary>
public sealed class InProcessTestCluster : IDisposable, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<InProcessSiloHandle> _silos = [];
    private readonly Cluster _cluster = new(isTestCluster: true);
    private IHost? _clientHost;
    private int _instances;
    private bool _disposed;

    public InProcessTestCluster(InProcessTestClusterOptions options, ITestClusterPortAllocator portAllocator)
    {
        Options = options;
        PortAllocator = portAllocator;
    }

    public InProcessTestClusterOptions Options { get; }

    public ITestClusterPortAllocator PortAllocator { get; }

    /// <summary>The silos that have been started and neither stopped nor killed.</summary>
    public ReadOnlyCollection<InProcessSiloHandle> Silos
    {
        get
        {
            lock (_gate)
            {
                return _silos.ToList().AsReadOnly();
            }
        }
    }

    /// <exception cref="InvalidOperationException">No client has been started, or it was stopped.</exception>
    public IClusterClient Client => _clientHost?.Services.GetRequiredService<IClusterClient>()
        ?? throw new InvalidOperationException("The cluster has no client: it has not been deployed, or the client was stopped.");

    /// <summary>Starts the silos and, unless told otherwise, a client.</summary>
    public async Task DeployAsync()
    {
        if (Silos.Count > 0)
        {
            throw new InvalidOperationException("The cluster has already been deployed.");
        }

        try
        {
            await StartSilosAsync(Options.InitialSilosCount);
            if (Options.InitializeClientOnDeploy)
            {
                await InitializeClientAsync();
            }
        }
        catch
        {
            await StopAllSilosAsync();
            throw;
        }
    }

    public async Task InitializeClientAsync()
    {
        await StopClusterClientAsync();
        IHost host = TestHosts.BuildClient(Options, _cluster);
        try
        {
            await host.StartAsync();
        }
        catch
        {
            host.Dispose();
            throw;
        }

        _clientHost = host;
    }

    public IEnumerable<InProcessSiloHandle> GetActiveSilos() => Silos.Where(silo => silo.IsActive);

    public InProcessSiloHandle? GetSiloForAddress(SiloAddress siloAddress) =>
        GetActiveSilos().FirstOrDefault(silo => silo.SiloAddress.Equals(siloAddress));

    /// <summary>The services of one silo, or of any where none is named.</summary>
    public IServiceProvider GetSiloServiceProvider(SiloAddress? silo = null) =>
        silo is null
            ? Silos[0].ServiceProvider
            : Silos.FirstOrDefault(handle => handle.SiloAddress.Equals(silo))?.ServiceProvider
                ?? throw new ArgumentException($"There is no silo {silo} in this cluster.", nameof(silo));

    public InProcessSiloHandle StartAdditionalSilo() => StartAdditionalSiloAsync().GetAwaiter().GetResult();

    public async Task<InProcessSiloHandle> StartAdditionalSiloAsync() => (await StartSilosAsync(1))[0];

    public async Task<List<InProcessSiloHandle>> StartSilosAsync(int silosToStart)
    {
        List<InProcessSiloHandle> started = [];
        for (int i = 0; i < silosToStart; i++)
        {
            InProcessSiloHandle silo = await StartSiloAsync(_instances, Options);
            Add(silo);
            started.Add(silo);
        }

        return started;
    }

    /// <summary>Starts a silo that <see cref="Silos"/> does not list.</summary>
    public async Task<InProcessSiloHandle> StartSiloAsync(int instanceNumber, InProcessTestClusterOptions clusterOptions)
    {
        InProcessTestSiloSpecificOptions options =
            InProcessTestSiloSpecificOptions.Create(this, clusterOptions, instanceNumber, assignNewPort: true);
        InProcessSiloHandle handle = await CreateSiloAsync(options);
        handle.InstanceNumber = (short)instanceNumber;
        Interlocked.Increment(ref _instances);
        return handle;
    }

    public async Task<InProcessSiloHandle> CreateSiloAsync(InProcessTestSiloSpecificOptions siloOptions)
    {
        IHost host = await TestHosts.StartSiloAsync(Options, siloOptions, _cluster);
        ILocalSiloDetails details = host.Services.GetRequiredService<ILocalSiloDetails>();
        return new InProcessSiloHandle
        {
            Name = siloOptions.SiloName,
            SiloHost = host,
            SiloAddress = details.SiloAddress,
            GatewayAddress = details.GatewayAddress,
        };
    }

    public Task StopSiloAsync(InProcessSiloHandle instance) => StopSiloAsync(instance, gracefully: true);

    /// <summary>Ends a silo as by a crash: its activations vanish and calls under way to it fail.</summary>
    public Task KillSiloAsync(InProcessSiloHandle instance) => StopSiloAsync(instance, gracefully: false);

    public async Task<InProcessSiloHandle?> RestartSiloAsync(InProcessSiloHandle instance)
    {
        if (instance is null)
        {
            return null;
        }

        await StopSiloAsync(instance);
        InProcessSiloHandle silo = await StartSiloAsync(instance.InstanceNumber, Options);
        Add(silo);
        return silo;
    }

    public async Task StopSilosAsync()
    {
        foreach (InProcessSiloHandle silo in Silos)
        {
            await StopSiloAsync(silo);
        }
    }

    public void StopAllSilos() => StopAllSilosAsync().GetAwaiter().GetResult();

    public async Task StopAllSilosAsync()
    {
        await StopClusterClientAsync();
        await StopSilosAsync();
    }

    public Task StopClusterClientAsync() => StopClientAsync(CancellationToken.None);

    public Task KillClientAsync() => StopClientAsync(new CancellationToken(canceled: true));

    /// <summary>Ends when all silos and the client agree who is in the cluster. Differs: that is always so.</summary>
    public Task WaitForLivenessToStabilizeAsync(bool didKill = false)
    {
        _ = Client;
        return Task.CompletedTask;
    }

    public static TimeSpan GetLivenessStabilizationTime(ClusterMembershipOptions clusterMembershipOptions, bool didKill = false)
    {
        ArgumentNullException.ThrowIfNull(clusterMembershipOptions);
        TimeSpan probes = didKill ? clusterMembershipOptions.ProbeTimeout * clusterMembershipOptions.NumMissedProbesLimit : TimeSpan.Zero;
        return probes + (clusterMembershipOptions.UseLivenessGossip
            ? TimeSpan.FromSeconds(5)
            : clusterMembershipOptions.TableRefreshTimeout * 2);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach (InProcessSiloHandle silo in Silos)
        {
            await silo.DisposeAsync();
        }

        _clientHost?.Dispose();
        _clientHost = null;
        PortAllocator.Dispose();
    }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private void Add(InProcessSiloHandle silo)
    {
        lock (_gate)
        {
            _silos.Add(silo);
        }
    }

    private async Task StopSiloAsync(InProcessSiloHandle instance, bool gracefully)
    {
        if (instance is null)
        {
            return;
        }

        try
        {
            await instance.StopSiloAsync(gracefully);
        }
        finally
        {
            await instance.DisposeAsync();
            Interlocked.Decrement(ref _instances);
            lock (_gate)
            {
                _silos.Remove(instance);
            }
        }
    }

    private async Task StopClientAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _clientHost, null) is not { } host)
        {
            return;
        }

        try
        {
            await host.StopAsync(cancellationToken);
        }
        finally
        {
            host.Dispose();
        }
    }
}
