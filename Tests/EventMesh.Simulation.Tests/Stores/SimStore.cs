using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Simulation.Tests.Checking;
using EventMesh.Storage;

namespace EventMesh.Simulation.Tests.Stores;

/// <summary>What of a node outlives its processes: its events.</summary>
internal abstract class SimStore
{
    /// <summary>Opens it for the next process.</summary>
    /// <param name="heardOf">The greatest incarnation of the node that others know, where the store cannot know it.</param>
    /// <returns>The log; null where the disk fails, and then it may be tried again.</returns>
    public abstract IEventLog? Open(Incarnation heardOf);

    /// <summary>The process is gone, in whatever way: nothing that it had begun goes on.</summary>
    public abstract void End(ProcessEnd end);

    /// <summary>Up to which of its own events the node has ever taken a topic's records away.</summary>
    public abstract Position Trimmed(NodeId node, TopicName topic);

    /// <summary>Begins a fault of the disk; false where there is no disk.</summary>
    public virtual bool Fail(SimFault fault) => false;

    /// <summary>Ends every fault.</summary>
    public virtual void Mend()
    {
    }

    /// <summary>Shows what is not flushed, as a broken store does. What holds what it is told needs nothing.</summary>
    public virtual void Expose(TopicName topic)
    {
    }

    /// <summary>Notes that what was exposed is flushed by now.</summary>
    public virtual void Flushed()
    {
    }
}

/// <summary>How a process ends.</summary>
internal enum ProcessEnd
{
    /// <summary>With its machine.</summary>
    PowerFailure,

    /// <summary>The machine goes on. So it is after an orderly stop.</summary>
    Kill,
}
