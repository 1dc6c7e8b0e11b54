namespace EventMesh.Simulation.Tests.Checking;

/// <summary>What goes wrong in a simulated world.</summary>
internal enum SimFault
{
    /// <summary>A stream breaks and both ends hear of it.</summary>
    StreamReset,

    /// <summary>Something between two nodes ends a stream in an orderly way.</summary>
    StreamEnd,

    /// <summary>A stream breaks and one end does not hear of it.</summary>
    HalfOpen,

    /// <summary>Nothing arrives between two nodes, and nobody is told.</summary>
    Partition,

    /// <summary>Frames between two nodes take long.</summary>
    Delay,

    /// <summary>A node loses its power and what it had not flushed, and comes back.</summary>
    Crash,

    /// <summary>A process is killed; its machine goes on.</summary>
    Kill,

    /// <summary>A node loses its power at one of its next calls to its disk.</summary>
    PowerFailsAtDisk,

    /// <summary>One of a node's next calls to its disk fails.</summary>
    DiskError,

    /// <summary>A node's disk is full for a while.</summary>
    DiskFull,

    /// <summary>A node comes back with an empty store.</summary>
    StoreLost,

    /// <summary>A node stops in an orderly way and comes back.</summary>
    Restart,

    /// <summary>Flushes take long.</summary>
    SlowFlush,

    /// <summary>A node's wall clock jumps.</summary>
    ClockJump,

    /// <summary>A node wants something else.</summary>
    InterestChange,

    /// <summary>A node reads nothing from its streams for a while.</summary>
    SlowReceiver,

    /// <summary>A topic's writer moves and fences the older one.</summary>
    WriterMoved,

    /// <summary>Two nodes open streams to each other although one is up.</summary>
    ExtraDial,

    /// <summary>A node publishes what others can never take.</summary>
    Poison,

    /// <summary>A wake-up is lost.</summary>
    WakeUpLost,

    /// <summary>A store cannot take events now.</summary>
    StoreRefuses,

    /// <summary>A log cannot be read now.</summary>
    ReadFails,

    /// <summary>A peer's interest cannot be applied now.</summary>
    InterestNotApplied,
}

/// <summary>How often each fault was taken.</summary>
internal sealed class FaultTally
{
    private readonly int[] _counts = new int[Enum.GetValues<SimFault>().Length];

    public int this[SimFault fault] => _counts[(int)fault];

    public int Total => _counts.Sum();

    public void Count(SimFault fault) => _counts[(int)fault]++;
}
