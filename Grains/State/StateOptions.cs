namespace EventMesh.Grains.State;

/// <summary>Limits of the state that the node keeps in its log. Configuration section <c>EventMesh:State</c>.</summary>
public sealed class StateOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "EventMesh:State";

    /// <summary>Most keys of one kind of state; writing another is refused with <c>LogFull</c>. Default: 100,000; 1 to 10,000,000.</summary>
    public int MaxEntries { get; set; } = 100_000;

    /// <summary>Most bytes of one kind's last values, which are held in memory; writing more is refused with <c>LogFull</c>. Default: 64 MiB; 64 KiB to 4 GiB.</summary>
    public long MaxBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Largest value; a larger one is refused with <c>EventTooLarge</c>. Default: 256 KiB; 1 KiB to 1,000 KiB.</summary>
    public int MaxValueBytes { get; set; } = 256 * 1024;

    /// <summary>Bytes of superseded values below which a topic of state is not compacted. Larger writes less, and reads more at a start. Default: 1 MiB; 1 KiB to 1 GiB.</summary>
    public long CompactMinBytes { get; set; } = 1024 * 1024;

    /// <summary>How many times the bytes of the last values the superseded ones may take before the topic is compacted. Default: 2; 0.1 to 100.</summary>
    public double CompactRatio { get; set; } = 2;
}
