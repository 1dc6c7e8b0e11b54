using EventMesh.Benchmarks.Measuring;
using EventMesh.Benchmarks.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Hosting;

namespace EventMesh.Benchmarks.GrainCalls;

/// <summary>Calls within a silo over the Orleans of the dependency set, against a hop to the thread pool and back.</summary>
internal sealed class GrainCallBenchmark : IBenchmark
{
    private const int InFlight = 256;
    private IHost? _host;

    public string Name => "grain-calls";

    public string Summary => "grain calls within a silo, against a hop to the thread pool and back";

    public async ValueTask<IReadOnlyList<Case>> StartAsync(CancellationToken cancellationToken)
    {
        _host = await StartSiloAsync(cancellationToken);
        var factory = _host.Services.GetRequiredService<IGrainFactory>();
        var grains = Enumerable.Range(0, InFlight).Select(i => factory.GetGrain<ICounterGrain>($"counter-{i}")).ToArray();
        return
        [
            HopCase("control: hop, 1 in flight", 1),
            HopCase($"control: hop, {InFlight} in flight", InFlight),
            CallCase("1 in flight", 1, _ => grains[0], "control: hop, 1 in flight"),
            CallCase($"{InFlight} in flight, {InFlight} grains", InFlight, lane => grains[lane], $"control: hop, {InFlight} in flight"),
            CallCase($"{InFlight} in flight, 1 grain", InFlight, _ => grains[0], $"control: hop, {InFlight} in flight"),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.StopAsync();
            _host.Dispose();
        }
    }

    private static async Task<IHost> StartSiloAsync(CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        var cluster = $"bench-{Guid.NewGuid():N}";
        builder.UseOrleans(silo => silo.UseLocalhostClustering(Ports.Free(), 0, null, cluster, cluster));
        var host = builder.Build();
        await host.StartAsync(cancellationToken);
        return host;
    }

    private static Case HopCase(string load, int lanes) => new(
        load,
        "hops/s",
        (duration, cancellationToken) => Loop.RunAsync(duration, lanes, static async _ =>
        {
            await Task.Yield();
            return 1;
        }, timed: lanes == 1, cancellationToken));

    private static Case CallCase(string load, int lanes, Func<int, ICounterGrain> grainOf, string control) => new(
        load,
        "calls/s",
        (duration, cancellationToken) => Loop.RunAsync(duration, lanes, async lane =>
        {
            await grainOf(lane).AddAsync(1);
            return 1;
        }, timed: lanes == 1, cancellationToken),
        control);
}
