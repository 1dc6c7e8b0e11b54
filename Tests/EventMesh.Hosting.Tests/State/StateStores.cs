using EventMesh.Core.Identity;
using EventMesh.Storage;
using EventMesh.Storage.Files;
using EventMesh.Storage.Memory;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;

namespace EventMesh.Hosting.Tests.State;

/// <summary>A store whose flushes and power the test holds.</summary>
internal interface IStateStore
{
    IEventLog Log { get; }

    /// <summary>Lets the store do what it does besides flushing.</summary>
    void RunBackground();

    /// <summary>Loses what is not flushed and opens the store again.</summary>
    Task PowerFailAsync();
}

internal sealed class MemoryStateStore : IStateStore
{
    private readonly MemoryLogStore _store;
    private readonly StepScheduler _flushes;

    public MemoryStateStore(StepScheduler flushes)
    {
        _flushes = flushes;
        _store = new MemoryLogStore(NodeId.Parse("west"), new MemoryStorageOptions { SegmentBytes = 1024 }, new ManualTimeProvider(), flushes);
        Log = _store.OpenLog();
    }

    public IEventLog Log { get; private set; }

    public void RunBackground()
    {
        // It does nothing in the background.
    }

    public Task PowerFailAsync()
    {
        _flushes.Take();
        _store.LoseUnflushed();
        Log = _store.OpenLog();
        return Task.CompletedTask;
    }
}

/// <summary>The store on files, over a device that can lose its power at any call.</summary>
internal sealed class FileStateStore : IStateStore
{
    private readonly ManualTimeProvider _time = new();
    private readonly StepScheduler _flushes;
    private QueuedWorkScheduler _background = new();
    private int _seed;

    public FileStateStore(StepScheduler flushes, int seed)
    {
        (_flushes, _seed) = (flushes, seed);
        Directory = new FaultyDirectory(seed);
        Log = Open();
    }

    public IEventLog Log { get; private set; }

    public FaultyDirectory Directory { get; private set; }

    public void RunBackground() => _background.RunAll();

    public async Task PowerFailAsync()
    {
        var next = Directory.Crash(++_seed);
        _flushes.Take();
        await Log.DisposeAsync();
        Directory = next;
        Log = Open();
    }

    private FileEventLog Open()
    {
        // What a dead store had scheduled must not run in the next one's name.
        _background = new QueuedWorkScheduler();
        var options = new FileStorageOptions { SegmentBytes = 256 * 1024, SpareSegments = 1, GroupBytes = 64 * 1024 };
        var services = new FileLogServices { Time = _time, Writing = _flushes, Background = _background, Random = new Random(_seed) };
        return FileEventLog.Open(Directory, options, NodeId.Parse("west"), default, services);
    }
}
