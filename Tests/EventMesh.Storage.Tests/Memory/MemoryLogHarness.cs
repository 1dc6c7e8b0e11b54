using EventMesh.Core.Identity;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Logs;

namespace EventMesh.Storage.Tests.Memory;

/// <summary>A memory store with a flush that the test holds; with another silo's view beside the one under test if it is shared.</summary>
internal sealed class MemoryLogHarness : EventLogHarness
{
    private readonly ManualFlushScheduler _scheduler = new();
    private readonly bool _shared;
    private IEventLog _log;
    private IEventLog? _other;

    public MemoryLogHarness(EventLogLimits limits, bool shared)
    {
        _shared = shared;
        var options = new MemoryStorageOptions
        {
            MaxTopicBytes = limits.MaxTopicBytes,
            MaxTotalBytes = limits.MaxTotalBytes,
            MaxPendingBytes = limits.MaxPendingBytes,
            MaxTopics = limits.MaxTopics,
            SegmentBytes = limits.SegmentBytes,
            MaxProducersPerTopic = limits.MaxProducers,
        };
        Store = new MemoryLogStore(NodeId.Parse(NodeName), options, Time, _scheduler);
        _log = Open();
    }

    public MemoryLogStore Store { get; }

    public override IEventLog Log => _log;

    public override ValueTask FlushAsync()
    {
        _scheduler.Flush();
        return ValueTask.CompletedTask;
    }

    public override ValueTask PowerFailAsync()
    {
        Store.LoseUnflushed();
        _log = Open();
        return ValueTask.CompletedTask;
    }

    public override ValueTask BreakAsync()
    {
        Store.Fail("the test broke it");
        return ValueTask.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await Log.DisposeAsync();
        if (_other is not null)
        {
            await _other.DisposeAsync();
        }
    }

    private IEventLog Open()
    {
        _other = _shared ? Store.OpenLog() : null;
        return Store.OpenLog();
    }
}
