using System.Text;
using EventMesh.Core.Identity;
using EventMesh.Storage.Files;
using EventMesh.Storage.Files.Devices;
using EventMesh.TestKit.Storage;
using EventMesh.TestKit.Time;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>The machine that a run's store lives on: its disk, its clock, its schedulers, and what goes wrong with them. One thread.</summary>
/// <param name="plan">What the run looks like.</param>
/// <param name="seed">For what faults leave behind.</param>
/// <param name="crashes">The calls of the store, counted over all lives, that power fails at.</param>
/// <param name="build">Puts a double between the store and its device; the product has none.</param>
internal sealed class CrashRig(CrashPlan plan, int seed, IReadOnlyCollection<long> crashes, StoreBuild build)
{
    private readonly Random _random = new(seed);
    private FaultyDirectory _directory = new(seed);
    private long _errorAt = -1;

    public static NodeId Node { get; } = NodeId.Parse("home");

    public ManualTimeProvider Time { get; } = new();

    public SteppedScheduler Writing { get; private set; } = new();

    public SteppedScheduler Background { get; private set; } = new();

    /// <summary>The open store; null while there is none.</summary>
    public FileEventLog? Log { get; private set; }

    /// <summary>Calls so far, over all lives, that changed something or made it durable.</summary>
    public long Operations { get; private set; }

    /// <summary>Those of them that the build is weak at.</summary>
    public List<long> WeakPoints { get; } = [];

    /// <summary>The last of them, for who reads of a failure.</summary>
    public DeviceOperation LastOperation { get; private set; }

    /// <summary>The disk as it is now.</summary>
    public FaultyDirectory Directory => _directory;

    /// <summary>Whether power has failed and the disk waits for the next start.</summary>
    public bool IsDead => _directory.IsDead;

    /// <summary>Whether the disk is full, or was made small.</summary>
    public bool IsSmall => _directory.Capacity != long.MaxValue;

    /// <summary>What the store has reported as damaged; empty for nothing.</summary>
    public string DamageReport => !IsDead && _directory.List().Any(static file => file.Name == Storage.Files.Recovery.DamageReport.LogName)
        ? $", damage reported: {Encoding.UTF8.GetString(_directory.Contents(Storage.Files.Recovery.DamageReport.LogName)).ReplaceLineEndings(" ")}"
        : "";

    /// <summary>Opens the store; what the last life had scheduled is gone with it.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>LogFailed</c>: the disk failed, or power did.</exception>
    public FileEventLog Open(IFlushListener listener)
    {
        Writing = new SteppedScheduler();
        Background = new SteppedScheduler();
        _directory.Plan = Decide;
        var services = new FileLogServices
        {
            Time = Time,
            Writing = Writing,
            Background = Background,
            Random = _random,
            ContinuesInContext = true,
        };
        var directory = build.Wrap(_directory);
        Log = FileEventLog.Open(directory, plan.Options, Node, default, services);
        Log.Subscribe(listener);
        return Log;
    }

    /// <summary>Closes the store as a service does.</summary>
    public void Close()
    {
        var log = Log;
        Log = null;
        if (log is not null)
        {
            Finish(log.DisposeAsync());
        }
    }

    /// <summary>Power fails, or has failed: the next start finds what the disk has.</summary>
    public void Crash()
    {
        var next = _directory.Crash(_random.Next());
        Close();
        _directory = next;
        _errorAt = -1;
    }

    /// <summary>The process ends, the machine goes on.</summary>
    public void Kill()
    {
        var next = _directory.Kill();
        Close();
        _directory = next;
        _errorAt = -1;
    }

    /// <summary>Has one of the next calls fail.</summary>
    public void FailSoon() => _errorAt = Operations + _random.Next(1, 12);

    /// <summary>Leaves little room on the disk.</summary>
    public void FillUp() => _directory.Capacity = _directory.UsedBytes + _random.Next(plan.Options.SegmentBytes);

    /// <summary>There is room again, and nothing fails any more.</summary>
    public void Mend()
    {
        _directory.Capacity = long.MaxValue;
        _errorAt = -1;
    }

    private static void Finish(ValueTask task)
    {
        if (!task.IsCompletedSuccessfully)
        {
            throw new CrashViolation($"Closing the store waits or fails: {task.AsTask().Exception}");
        }
    }

    private DeviceFault Decide(DeviceOperation operation)
    {
        if (operation.Action == DeviceAction.Read)
        {
            return DeviceFault.None;
        }

        Operations++;
        if (build.IsWeak(LastOperation, operation))
        {
            WeakPoints.Add(Operations);
        }

        LastOperation = operation;
        if (plan.HasSlowDisk)
        {
            Time.Advance(TimeSpan.FromMilliseconds(_random.Next(60)));
        }

        return crashes.Contains(Operations) ? DeviceFault.PowerFailure
            : Operations == _errorAt ? DeviceFault.Error
            : DeviceFault.None;
    }
}

