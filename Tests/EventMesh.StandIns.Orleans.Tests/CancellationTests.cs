using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class CancellationTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    private Probe Probe => _cluster.Silos[0].ProbeOf();

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancel_WhenCallRuns_ReachesTheCalleeAndEndsTheCall(bool inSilo)
    {
        ITurnGrain grain = GetGrain(inSilo);
        using CancellationTokenSource source = new();
        Task<bool> call = grain.WaitCancellableAsync("a", source.Token);
        Assert.Equal("a began", await Probe.NextAsync());

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.Within("the cancelled call to end"));
        Assert.Equal("a was cancelled", await Probe.NextAsync());
    }

    [Fact]
    public async Task Call_WhenTokenIsAlreadyCancelled_DoesNotBegin()
    {
        ITurnGrain grain = GetGrain(inSilo: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await grain.WaitCancellableAsync("a", new CancellationToken(canceled: true)));

        await grain.EchoInterleavedAsync("x");
        Assert.Empty(Probe.TakeAll());
    }

    [Fact]
    public async Task Call_WhenNothingIsCancelled_ReturnsItsResult()
    {
        ITurnGrain grain = GetGrain(inSilo: true);
        using CancellationTokenSource source = new();
        Probe.Open("a");

        bool cancellable = await grain.WaitCancellableAsync("a", source.Token);

        Assert.True(cancellable);
    }

    private ITurnGrain GetGrain(bool inSilo) =>
        (inSilo ? _cluster.Silos[0].GrainsOf() : _cluster.Client).GetGrain<ITurnGrain>(TestClusters.NewKey());
}
