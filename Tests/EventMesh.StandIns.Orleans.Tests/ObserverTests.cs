using System.Threading.Channels;
using EventMesh.StandIns.Orleans.Tests.Grains;
using Orleans;
using Orleans.TestingHost;

namespace EventMesh.StandIns.Orleans.Tests;

public sealed class ObserverTests : IAsyncLifetime
{
    private InProcessTestCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TestClusters.StartAsync(1);

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Call_WhenObserverLives_ReachesItAndReturns(bool inSilo)
    {
        IGrainFactory factory = inSilo ? _cluster.Silos[0].GrainsOf() : _cluster.Client;
        Listener listener = new();
        IListener reference = factory.CreateObjectReference<IListener>(listener);

        string answer = await _cluster.Client.GetGrain<ISpeakerGrain>("a").SpeakAsync(reference, "hello");

        Assert.Equal("heard hello", answer);
        GC.KeepAlive(listener);
    }

    [Fact]
    public async Task OneWayCalls_WhenObserverLives_ReachIt()
    {
        Listener listener = new();
        IListener reference = _cluster.Client.CreateObjectReference<IListener>(listener);

        await _cluster.Client.GetGrain<ISpeakerGrain>("a").WhisperAsync(reference, "psst");

        Assert.Equal(
            ["noticed psst", "overheard psst"],
            new[] { await listener.NextAsync(), await listener.NextAsync() }.Order(StringComparer.Ordinal));
        GC.KeepAlive(listener);
    }

    [Fact]
    public async Task Call_WhenReferenceWasDeleted_TimesOut()
    {
        Listener listener = new();
        IListener reference = _cluster.Client.CreateObjectReference<IListener>(listener);
        _cluster.Client.DeleteObjectReference<IListener>(reference);

        await Assert.ThrowsAsync<TimeoutException>(
            () => _cluster.Client.GetGrain<ISpeakerGrain>("a").SpeakBrieflyAsync(reference, "hello"));

        GC.KeepAlive(listener);
    }

    private sealed class Listener : IListener
    {
        private readonly Channel<string> _heard = Channel.CreateUnbounded<string>();

        public Task<string> HearAsync(string text) => Task.FromResult($"heard {text}");

        public Task OverhearAsync(string text)
        {
            _heard.Writer.TryWrite($"overheard {text}");
            return Task.CompletedTask;
        }

        public void Notice(string text) => _heard.Writer.TryWrite($"noticed {text}");

        public Task<string> HearBrieflyAsync(string text) => HearAsync(text);

        public Task<string> NextAsync() => _heard.Reader.ReadAsync().AsTask().Within("something heard");
    }
}
