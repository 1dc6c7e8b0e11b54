namespace EventMesh.Simulation.Tests.World;

/// <summary>A node's wall clock: the world's time, and how far this clock is off.</summary>
internal sealed class SimClock(SimLoop loop) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far the clock is off.</summary>
    public TimeSpan Skew { get; set; }

    public override DateTimeOffset GetUtcNow() => Start + loop.Now + Skew;
}
