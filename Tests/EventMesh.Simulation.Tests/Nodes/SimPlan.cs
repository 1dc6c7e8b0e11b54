using EventMesh.Core.Topics;
using EventMesh.PeerLink.Configuration;
using EventMesh.Storage.Files;
using EventMesh.Storage.Memory;

namespace EventMesh.Simulation.Tests.Nodes;

/// <summary>What a seed's world looks like: its size, its limits and how sound its nodes are.</summary>
internal sealed class SimPlan
{
    private static readonly string[] Names = ["a.x", "a.y", "b.x", "b.y.z", "c", "d.e.f", "d.g"];
    private static readonly string[] Wants = [">", "a.*", "*.x", "b.>", "c", "d.>", "*.y.z", "a.x"];

    public SimPlan(Random random, SimVariant variant, bool usesFiles)
    {
        Variant = variant;
        Nodes = random.Next(2, 6);
        IsBothDialing = random.Next(2) == 0;
        Topics = [.. Names.Take(random.Next(2, Names.Length + 1)).Select(TopicName.Parse)];
        Patterns = [.. Wants.Select(TopicPattern.Parse)];
        var isTight = random.Next(2) == 0;
        Links = new LinkOptions
        {
            HeartbeatInterval = TimeSpan.FromSeconds(2),
            HandshakeTimeout = TimeSpan.FromSeconds(3),
            DialTimeout = TimeSpan.FromSeconds(3),
            BackoffInitial = TimeSpan.FromMilliseconds(200),
            BackoffMax = TimeSpan.FromSeconds(4),
            StallTimeout = TimeSpan.FromSeconds(5),
            DrainTimeout = TimeSpan.FromSeconds(2),
            PauseDelay = TimeSpan.FromMilliseconds(300),
            SendTimeout = TimeSpan.FromMilliseconds(500),
            SendQueueFrames = isTight ? 4 : 50,
            MaxFrameBytes = 2048,
            CreditBytes = isTight ? 3000 : 32_000,
            MaxTopics = isTight ? 3 : 64,
            RememberedTopics = random.Next(3) == 0 ? 2 : 64,
            MaxReads = random.Next(1, 5),
            FirstContact = random.Next(3) == 0 ? FirstContact.Earliest : FirstContact.Live,
        };
        StoreRefuses = random.Next(5) == 0 ? 0.15 : 0.01;
        IsFickle = random.Next(5) == 0;
        var isShort = random.Next(4) == 0;
        Storage = new MemoryStorageOptions
        {
            SegmentBytes = 1024,
            MaxTopicBytes = isShort ? 6 * 1024 : 64 * 1024 * 1024,
            MaxTotalBytes = 64 * 1024 * 1024,
            MaxPendingBytes = 1024 * 1024,
        };
        Files = new FileStorageOptions
        {
            SegmentBytes = 16 * 1024,
            SpareSegments = 1,
            GroupBytes = 4 * 1024,
            MaxPendingBytes = 1024 * 1024,
            IndexCacheBytes = 8 * 1024,
            RetentionAge = TimeSpan.Zero,
            RetentionBytes = isShort ? 6 * 1024 : 0,
            RetentionInterval = TimeSpan.FromSeconds(1),
        };
        UsesFiles = usesFiles;
    }

    public SimVariant Variant { get; }

    public int Nodes { get; }

    /// <summary>Whether both nodes of a pair have the other's address.</summary>
    public bool IsBothDialing { get; }

    public IReadOnlyList<TopicName> Topics { get; }

    /// <summary>What nodes may want.</summary>
    public IReadOnlyList<TopicPattern> Patterns { get; }

    /// <summary>How likely a store cannot take events at a moment.</summary>
    public double StoreRefuses { get; }

    /// <summary>Whether nodes change their interest all the time.</summary>
    public bool IsFickle { get; }

    /// <summary>What a flush takes at least. On a slow disk it shows whether links wait for it.</summary>
    public TimeSpan FlushTime => TimeSpan.FromMilliseconds(Variant == SimVariant.SendBeforeFlush ? 100 : 0);

    public LinkOptions Links { get; }

    public MemoryStorageOptions Storage { get; }

    /// <summary>Whether the nodes keep their events on disks; else in memory.</summary>
    public bool UsesFiles { get; }

    public FileStorageOptions Files { get; }

    /// <summary>Whether rules are also checked on every frame that leaves, not only by what the logs hold in the end.</summary>
    public bool ChecksFrames { get; init; } = true;
}

/// <summary>How a node is built. All but the first are wrong, and a checker that lets one pass is none.</summary>
internal enum SimVariant
{
    /// <summary>The product.</summary>
    Sound,

    /// <summary>Takes what is below the highest position ever seen for a duplicate, stored or not.</summary>
    DuplicateByHighestSeen,

    /// <summary>Acknowledges a batch before it is in the log.</summary>
    AckBeforeAppend,

    /// <summary>Lets links read what is not flushed.</summary>
    SendBeforeFlush,

    /// <summary>Takes whatever is above what it holds.</summary>
    NoContiguityCheck,
}
