using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Hosting.Node.Interest;
using EventMesh.Hosting.Tests.Support;
using EventMesh.Storage;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace EventMesh.Hosting.Tests.Node;

public sealed class TopicSweepTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly IEventLog _log = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions(), TimeProvider.System).OpenLog();
    private readonly FakeMembership _membership = new("a", "b");
    private readonly Recorder _recorder = new();

    [Fact]
    public async Task Sweep_WakesForTopicsWhoseWakeUpWasLost_Once()
    {
        var sweep = Sweep();
        for (var i = 0; i < 1_500; i++)
        {
            await AppendAsync($"t{i:D4}");
        }

        sweep.Sweep();
        var first = _recorder.Take();
        sweep.Sweep();
        await AppendAsync("t0007");
        sweep.Sweep();

        Assert.Equal(1_500, first.Distinct().Count());
        Assert.Equal(["t0007@2"], _recorder.Take());
    }

    [Fact]
    public async Task Sweep_WhenNothingWasFlushedSince_ListsNoTopics()
    {
        var log = new CountingLog(_log);
        var sweep = Sweep(log);
        await AppendAsync("orders");

        sweep.Sweep();
        sweep.Sweep();
        var idle = log.Listings;
        await AppendAsync("orders");
        sweep.Sweep();

        Assert.Equal((1, 2), (idle, log.Listings));
        Assert.Equal(["orders@1", "orders@2"], _recorder.Take());
    }

    [Fact]
    public async Task Run_WhenTheSiloIsAlone_DoesNotSweep_AndBeginsWhenAnotherJoins()
    {
        _membership.Set(["a"]);
        await AppendAsync("orders");
        using var stop = new CancellationTokenSource();
        var running = Sweep().RunAsync(TimeSpan.FromSeconds(1), stop.Token);

        _time.Advance(TimeSpan.FromSeconds(5));
        var alone = _recorder.Take();
        _membership.Set(["a", "b"]);
        while (_recorder.Count == 0)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Empty(alone);
        Assert.Equal(["orders@1"], _recorder.Take());
        await stop.CancelAsync();
        await running;
    }

    private TopicSweep Sweep(IEventLog? log = null)
    {
        var table = new InterestTable(TestMeters.Node(), _time, NullLogger<InterestTable>.Instance);
        table.Add([TopicPattern.All], _recorder, InterestKind.Wanted);
        return new TopicSweep(log ?? _log, new WakeupDispatcher(table, NullLogger<WakeupDispatcher>.Instance), _membership, _time, NullLogger.Instance);
    }

    private async Task AppendAsync(string topic)
    {
        await using var writer = await _log.OpenWriterAsync(TopicName.Parse(topic), CancellationToken.None);
        await writer.AppendAsync(TestEvents.Batch("x"), Core.Events.Durability.Disk, CancellationToken.None);
    }

    private sealed class Recorder : IWakeTarget
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _wakes = new();

        public bool IsRemote => false;

        public int Count => _wakes.Count;

        public void OnAdvanced(TopicAdvance advance) => _wakes.Enqueue($"{advance.Topic}@{advance.End}");

        public List<string> Take()
        {
            var taken = _wakes.ToList();
            _wakes.Clear();
            return taken;
        }
    }

    /// <summary>A log that counts how often its topics are listed.</summary>
    private sealed class CountingLog(IEventLog log) : IEventLog
    {
        public int Listings { get; private set; }

        public NodeIdentity Identity => log.Identity;

        public long CurrentTimeUnixMs => log.CurrentTimeUnixMs;

        public long FlushVersion => log.FlushVersion;

        public LogHealth Health => log.Health;

        public IReadOnlyList<TopicSummary> ListTopics(TopicName after, int limit)
        {
            Listings++;
            return log.ListTopics(after, limit);
        }

        public ValueTask<ITopicWriter> OpenWriterAsync(TopicName topic, CancellationToken cancellationToken) => log.OpenWriterAsync(topic, cancellationToken);

        public ITopicReader GetReader(TopicName topic) => log.GetReader(topic);

        public IDisposable Subscribe(IFlushListener listener) => log.Subscribe(listener);

        public ValueTask DisposeAsync() => log.DisposeAsync();
    }
}
