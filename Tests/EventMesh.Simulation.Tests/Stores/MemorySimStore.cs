using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Simulation.Tests.Nodes;
using EventMesh.Storage;
using EventMesh.Storage.Memory;

namespace EventMesh.Simulation.Tests.Stores;

/// <summary>A store in memory, which in this world survives its processes.</summary>
internal sealed class MemorySimStore : SimStore, IWorkScheduler
{
    private readonly SimWorld _world;
    private readonly SimNode _node;
    private readonly MemoryLogStore _store;
    private readonly Dictionary<TopicName, long> _exposed = [];

    public MemorySimStore(SimWorld world, SimNode node)
    {
        (_world, _node) = (world, node);
        _store = new MemoryLogStore(node.Id, world.Plan.Storage, node.Clock, this);
        _store.DecideBatch = BrokenStores.RuleOf(world.Plan.Variant) ?? _store.DecideBatch;
    }

    public override IEventLog Open(Incarnation heardOf) => _store.OpenLog(heardOf);

    public override void End(ProcessEnd end)
    {
        BrokenStores.Hide(_store, _exposed);
        _store.LoseUnflushed();
    }

    public override Position Trimmed(NodeId node, TopicName topic) =>
        _store.Find(topic) is { } log ? log.PositionBefore(node, log.Start) : Position.None;

    public override void Expose(TopicName topic) => BrokenStores.Expose(_store, topic, _exposed);

    public override void Flushed() => _exposed.Clear();

    void IWorkScheduler.Schedule(Action work) => _world.Loop.In(_node.FlushDelay(), () =>
    {
        // The flush of a store that was lost meanwhile flushes nothing.
        if (_node.Store == this)
        {
            work();
        }
    });
}
