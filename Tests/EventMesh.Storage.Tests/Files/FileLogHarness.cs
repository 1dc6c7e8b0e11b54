using EventMesh.Core.Identity;
using EventMesh.Storage.Files;
using EventMesh.TestKit.Logs;
using EventMesh.TestKit.Storage;

namespace EventMesh.Storage.Tests.Files;

/// <summary>A file store over the device that fails as it is told; the test runs its writing, its background work and its retention.</summary>
internal sealed class FileLogHarness : EventLogHarness
{
    private readonly FileStorageOptions _options;
    private ManualFlushScheduler _writing = new();
    private QueuedWorkScheduler _background = new();
    private FileEventLog _log;
    private int _seed;

    public FileLogHarness(EventLogLimits limits, int seed)
        : this(OptionsFor(limits), seed)
    {
    }

    public FileLogHarness(FileStorageOptions options, int seed)
        : this(options, seed, new FaultyDirectory(seed))
    {
    }

    /// <summary>Opens the store in <paramref name="directory"/>.</summary>
    public FileLogHarness(FileStorageOptions options, int seed, FaultyDirectory directory)
    {
        _seed = seed;
        _options = options;
        Directory = directory;
        _log = Open();
    }

    public FaultyDirectory Directory { get; private set; }

    public override IEventLog Log => _log;

    public FileEventLog Files => _log;

    /// <summary>Limits of a contract test as options of the store.</summary>
    public static FileStorageOptions OptionsFor(EventLogLimits limits) => new()
    {
        SegmentBytes = limits.SegmentBytes <= 1024 ? 16 * 1024 : 256 * 1024,
        SpareSegments = 1,
        GroupBytes = 64 * 1024,
        MaxPendingBytes = limits.MaxPendingBytes,
        MaxTopics = limits.MaxTopics,
        MaxProducersPerTopic = limits.MaxProducers,
        RetentionBytes = limits.MaxTopicBytes,

        // It counts whole files, with tables and footers; the limit of the contract counts bodies.
        MaxTotalBytes = 2 * limits.MaxTotalBytes,
    };

    /// <summary>Retention looks first, as the store in memory does with every append: so it takes only what was flushed before.</summary>
    public override ValueTask FlushAsync()
    {
        _log.Sweep();
        Run();
        return ValueTask.CompletedTask;
    }

    /// <summary>Runs what waits, in the foreground and in the background, until nothing does.</summary>
    public void Run()
    {
        while (_writing.Flush() || _background.RunAll())
        {
        }
    }

    /// <summary>Lets retention do all that it would do in time, and flushes what it writes.</summary>
    public void Clean()
    {
        const int Sweeps = 8;
        for (var i = 0; i < Sweeps; i++)
        {
            _log.Sweep();
            Run();
            while (_log.Retention.IsRewriting)
            {
                _log.Retention.Step();
            }
        }
    }

    public override async ValueTask PowerFailAsync()
    {
        var next = Directory.Crash(++_seed);
        await _log.DisposeAsync();
        Directory = next;
        _log = Open();
    }

    /// <summary>The process ends, the machine goes on; the store is opened again.</summary>
    public async ValueTask KillAsync()
    {
        var next = Directory.Kill();
        await _log.DisposeAsync();
        Directory = next;
        _log = Open();
    }

    /// <summary>Closes the store in order and opens it again.</summary>
    public async ValueTask RestartAsync()
    {
        await _log.DisposeAsync();
        _log = Open();
    }

    public override ValueTask BreakAsync()
    {
        Directory.Plan = static operation => operation.Action is DeviceAction.Write or DeviceAction.Flush ? DeviceFault.Error : DeviceFault.None;
        Run();
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync() => _log.DisposeAsync();

    private FileEventLog Open()
    {
        // What a dead store had scheduled must not run in the next one's name.
        _writing = new ManualFlushScheduler();
        _background = new QueuedWorkScheduler();
        var services = new FileLogServices { Time = Time, Writing = _writing, Background = _background, Random = new Random(_seed) };
        return FileEventLog.Open(Directory, _options, NodeId.Parse(NodeName), default, services);
    }
}
