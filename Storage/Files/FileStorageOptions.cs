namespace EventMesh.Storage.Files;

/// <summary>The file store. Configuration section <c>EventMesh:Storage:Files</c>; its directory is <c>EventMesh:Storage:Path</c>.</summary>
public sealed class FileStorageOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "EventMesh:Storage:Files";

    /// <summary>What the receipt of a publish that asks for nothing waits for: <c>Memory</c>, <c>Os</c> or <c>Disk</c>. A publish may ask for another. Default: Disk.</summary>
    public Core.Events.Durability Durability { get; set; } = Core.Events.Durability.Disk;

    /// <summary>The same for some topics; the first whose pattern matches holds. Default: none.</summary>
    public IList<TopicDurability> Durabilities { get; } = [];

    /// <summary>Bytes of a segment; disk space comes and goes in these portions. Default: 64 MiB; 8 MiB to 1 GiB.</summary>
    public int SegmentBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Segments whose room is taken ahead of use, so that a burst finds the disk ready. Default: 2; 1 to 16.</summary>
    public int SpareSegments { get; set; } = 2;

    /// <summary>Bytes of a group after which the next one begins. Larger groups flush more at once but keep each caller waiting longer. Default: 1 MiB; 64 KiB to 16 MiB, and at most a quarter of a segment.</summary>
    public int GroupBytes { get; set; } = 1024 * 1024;

    /// <summary>Most bytes that wait for a flush; beyond, appends are refused with <c>Busy</c>. Default: 32 MiB; at least 4 MiB, one batch.</summary>
    public long MaxPendingBytes { get; set; } = 32L * 1024 * 1024;

    /// <summary>Most topics, deleted ones that are still remembered included; opening another fails with <c>LogFull</c>. Default: 1,000,000.</summary>
    public int MaxTopics { get; set; } = 1_000_000;

    /// <summary>Most other nodes whose events one topic holds; the next one's are refused with <c>LogFull</c>. Default: 1,024.</summary>
    public int MaxOriginsPerTopic { get; set; } = 1024;

    /// <summary>Most producers that a topic remembers, to store what they repeat once; while they all are active a new one is told <c>Busy</c>. Default: 10,000.</summary>
    public int MaxProducersPerTopic { get; set; } = 10_000;

    /// <summary>How long a topic remembers a producer that is idle; what it repeats later is stored again or refused. Default: 24 hours; 5 minutes to 365 days.</summary>
    public TimeSpan ProducerMemory { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Most bytes of footer sections that are kept in memory. More makes reading of old records in many topics cheaper. Default: 16 MiB; at least 1 MiB.</summary>
    public long IndexCacheBytes { get; set; } = 16L * 1024 * 1024;

    /// <summary>Age after which a topic's records go; zero for never. Default: 7 days.</summary>
    public TimeSpan RetentionAge { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Bytes of records above which a topic's oldest go; zero for no limit. Default: no limit.</summary>
    public long RetentionBytes { get; set; }

    /// <summary>Records above which a topic's oldest go; zero for no limit. Default: no limit.</summary>
    public long RetentionCount { get; set; }

    /// <summary>Bytes of all segments above which the oldest records of the store go, whatever their topic; zero for no limit. Default: no limit; at least two segments.</summary>
    public long MaxTotalBytes { get; set; }

    /// <summary>Rules for some topics; the first whose pattern matches holds instead of the three retention values above. Default: none; at most 1,000.</summary>
    public IList<TopicRetention> Topics { get; } = [];

    /// <summary>How often retention looks. Default: 10 s; 100 ms to 1 day.</summary>
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Share of a segment's bytes, in percent, below which what it still holds is written again so that the rest of its room can go. More gives room back sooner and
    /// writes more; zero for never: a segment then goes when all of it has gone. Default: 25; 0 to 75.
    /// </summary>
    public int RewriteBelowPercent { get; set; } = 25;

    /// <summary>How long the numbering of a deleted topic is remembered. Default: 30 days; at least 1 hour.</summary>
    public TimeSpan DeletedTopicMemory { get; set; } = TimeSpan.FromDays(30);
}

/// <summary>What receipts of a topic wait for.</summary>
public sealed class TopicDurability
{
    /// <summary>The topics that it is for, as a pattern.</summary>
    public string Pattern { get; set; } = "";

    /// <summary>See <see cref="FileStorageOptions.Durability"/>.</summary>
    public Core.Events.Durability Durability { get; set; } = Core.Events.Durability.Disk;
}

/// <summary>How long a topic's records are kept.</summary>
public sealed class TopicRetention
{
    /// <summary>The topics that it is for, as a pattern.</summary>
    public string Pattern { get; set; } = "";

    /// <summary>See <see cref="FileStorageOptions.RetentionAge"/>.</summary>
    public TimeSpan Age { get; set; }

    /// <summary>See <see cref="FileStorageOptions.RetentionBytes"/>.</summary>
    public long Bytes { get; set; }

    /// <summary>See <see cref="FileStorageOptions.RetentionCount"/>.</summary>
    public long Count { get; set; }
}
