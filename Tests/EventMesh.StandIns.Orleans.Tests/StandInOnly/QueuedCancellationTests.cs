using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests.StandInOnly;

/// <summary>In the real runtime a cancellation is a message of its own and may come after the call has begun.</summary>
public sealed class QueuedCancellationTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private Probe Probe => _cluster.Silos[0].ProbeOf();

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Cancel_WhenCallStillWaitsForItsTurn_KeepsItFromBeginning()
    {
        ITurnGrain grain = _cluster.Silos[0].GrainsOf().GetGrain<ITurnGrain>("a");
        Task first = grain.WaitAsync("first");
        Assert.Equal("first began", await Probe.NextAsync());
        using CancellationTokenSource source = new();
        Task<bool> second = grain.WaitCancellableAsync("second", source.Token);

        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second.Within("the cancelled call to end"));
        Probe.Open("first");
        await first.Within("the first call to end");
        await grain.AddSlowlyAsync(1, 1);

        Assert.Equal(["first ended"], Probe.TakeAll());
    }
}
