using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Simulation.Tests.Nodes;
using EventMesh.Storage;
using EventMesh.Storage.Files;
using EventMesh.TestKit.Storage;

namespace EventMesh.Simulation.Tests.Stores;

/// <summary>A store on a disk of its own, which loses what is not flushed, and fails and fills up when it is told to.</summary>
internal sealed class FileSimStore(SimWorld world, SimNode node) : SimStore, IFlushListener
{
    private const int MostOperationsAhead = 25;

    private readonly Random _random = new(world.Random.Next());
    private readonly Dictionary<TopicName, Position> _trimmed = [];
    private FaultyDirectory _directory = new(world.Random.Next());
    private FileEventLog? _log;

    public override IEventLog? Open(Incarnation heardOf)
    {
        try
        {
            var log = FileEventLog.Open(_directory, world.Plan.Files, node.Id, heardOf, Services());
            _log = log;
            log.Journal.DecideBatch = BrokenStores.RuleOf(world.Plan.Variant) ?? log.Journal.DecideBatch;
            log.Subscribe(this);
            if (!_directory.IsDead)
            {
                world.Plan.Topics.ToList().ForEach(NoteTrimmed);
                return log;
            }
        }
        catch (EventMeshException e) when (e.Code == MeshErrorCode.LogFailed)
        {
            world.Loop.Trace($"{node.Id} cannot open its store: {e.Message}");
        }

        End(_directory.IsDead ? ProcessEnd.PowerFailure : ProcessEnd.Kill);
        return null;
    }

    public override void End(ProcessEnd end)
    {
        var next = end == ProcessEnd.PowerFailure || _directory.IsDead ? _directory.Crash(_random.Next()) : _directory.Kill();
        var closing = _log?.DisposeAsync();
        if (closing is { IsCompletedSuccessfully: false })
        {
            throw new SimViolation($"The store of {node.Id} does not close.");
        }

        (_directory, _log) = (next, null);
    }

    public override Position Trimmed(NodeId ofNode, TopicName topic) => _trimmed.GetValueOrDefault(topic);

    public override bool Fail(SimFault fault)
    {
        if (_log is null)
        {
            return false;
        }

        switch (fault)
        {
            case SimFault.DiskFull:
                _directory.Capacity = _directory.UsedBytes + _random.Next(2 * world.Plan.Files.SegmentBytes);
                world.Loop.In(TimeSpan.FromMilliseconds(_random.Next(500, 6000)), () => _directory.Capacity = long.MaxValue);
                return true;
            case SimFault.DiskError or SimFault.PowerFailsAtDisk:
                var at = _directory.Operations + _random.Next(1, MostOperationsAhead);
                var what = fault == SimFault.DiskError ? DeviceFault.Error : DeviceFault.PowerFailure;
                _directory.Plan = operation => operation.Action != DeviceAction.Read && operation.Number == at ? what : DeviceFault.None;
                return true;
            default:
                return false;
        }
    }

    public override void Mend()
    {
        _directory.Plan = null;
        _directory.Capacity = long.MaxValue;
    }

    void IFlushListener.OnFlushed(ReadOnlySpan<TopicAdvance> advances)
    {
        foreach (var advance in advances)
        {
            NoteTrimmed(advance.Topic);
        }
    }

    private void NoteTrimmed(TopicName topic)
    {
        var reader = _log!.GetReader(topic);
        _trimmed[topic] = reader.PositionBefore(node.Id, reader.Bounds.Start);
    }

    private FileLogServices Services() => new()
    {
        Time = node.Clock,
        Writing = new Scheduler(this, node.FlushDelay),
        Background = new Scheduler(this, () => 3 * world.Soon()),
        Random = _random,
        ContinuesInContext = true,
    };

    /// <summary>Runs a process's work until the process is gone, and looks what has become of the disk.</summary>
    private sealed class Scheduler(FileSimStore store, Func<TimeSpan> delay) : IWorkScheduler
    {
        private readonly FaultyDirectory _directory = store._directory;

        public void Schedule(Action work) => store.World.Loop.In(delay(), () =>
        {
            if (store._directory == _directory && store.Node.Store == store)
            {
                work();
                store.Look();
            }
        });
    }

    private SimWorld World => world;

    private SimNode Node => node;

    private void Look()
    {
        if (_directory.IsDead)
        {
            node.GoDown(ProcessEnd.PowerFailure);
        }
        else if (_log is { Health.Status: LogStatus.Failed } failed)
        {
            // Somebody looks at the disk and starts the node again.
            world.Loop.In(TimeSpan.FromMilliseconds(_random.Next(2000)), () =>
            {
                if (_log == failed)
                {
                    node.GoDown(ProcessEnd.Kill);
                }
            });
        }
    }
}
