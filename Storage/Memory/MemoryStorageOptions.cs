namespace EventMesh.Storage.Memory;

/// <summary>Limits of the memory store. Configuration section <c>EventMesh:Storage:Memory</c>.</summary>
public sealed class MemoryStorageOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "EventMesh:Storage:Memory";

    /// <summary>Most topics; opening another fails with <c>LogFull</c>. Default: 1,000,000.</summary>
    public int MaxTopics { get; set; } = 1_000_000;

    /// <summary>Most bytes of a topic; beyond, its oldest records go, but never those of the node's own state. Larger keeps more for slow readers. Default: 256 MiB.</summary>
    public long MaxTopicBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>Most bytes of all topics; beyond, the oldest records of the store go. The node's own state counts, but none of it goes. Default: 1 GiB.</summary>
    public long MaxTotalBytes { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Most bytes that wait for a flush; beyond, appends are refused with <c>Busy</c>. Default: 64 MiB.</summary>
    public long MaxPendingBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Most other nodes whose events one topic holds; the next one's are refused with <c>LogFull</c>. Default: 1,024.</summary>
    public int MaxOriginsPerTopic { get; set; } = 1024;

    /// <summary>Most producers that a topic remembers, to store what they repeat once; while they all are active a new one is told <c>Busy</c>. Default: 10,000.</summary>
    public int MaxProducersPerTopic { get; set; } = 10_000;

    /// <summary>How long a topic remembers a producer that is idle; what it repeats later is stored again or refused. Default: 24 hours; 5 minutes to 365 days.</summary>
    public TimeSpan ProducerMemory { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Bytes after which a new segment begins; a topic's oldest segment goes as a whole. Default: 64 KiB.</summary>
    public int SegmentBytes { get; set; } = 64 * 1024;
}
