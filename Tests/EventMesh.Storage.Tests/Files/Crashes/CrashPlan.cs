using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage.Files;

namespace EventMesh.Storage.Tests.Files.Crashes;

/// <summary>What a seed's run looks like: how small the store's portions are, who writes, and what goes wrong beside the crashes.</summary>
internal sealed class CrashPlan
{
    private static readonly string[] Names = ["a.x", "a.y", "b", "c.d.e", "z"];

    public CrashPlan(int seed)
    {
        var random = new Random(seed);
        var hasLargeBatches = random.Next(12) == 0;
        Topics = [.. Names.Take(random.Next(1, Names.Length + 1)).Select(TopicName.Parse)];
        Origins = [.. new[] { "north", "south" }.Take(random.Next(0, 3)).Select(NodeId.Parse)];
        Producers = [.. new[] { "ann", "bob" }.Take(random.Next(0, 3)).Select(ProducerId.Parse)];
        Steps = random.Next(50, 600);
        LargestBatch = hasLargeBatches ? 150_000 : random.Next(2) == 0 ? 600 : 4_000;
        HasDeviceErrors = random.Next(3) == 0;
        HasFullDisk = random.Next(3) == 0;
        HasSlowDisk = random.Next(4) == 0;
        HasRestarts = random.Next(2) == 0;
        Options = OptionsFor(random, hasLargeBatches);
    }

    public IReadOnlyList<TopicName> Topics { get; }

    /// <summary>Other nodes whose events come here.</summary>
    public IReadOnlyList<NodeId> Origins { get; }

    public IReadOnlyList<ProducerId> Producers { get; }

    /// <summary>How many things happen in all lives together.</summary>
    public int Steps { get; }

    /// <summary>Bytes of the largest batch.</summary>
    public int LargestBatch { get; }

    /// <summary>Whether writes and flushes fail now and then.</summary>
    public bool HasDeviceErrors { get; }

    /// <summary>Whether the disk is full for a while now and then.</summary>
    public bool HasFullDisk { get; }

    /// <summary>Whether every call takes time.</summary>
    public bool HasSlowDisk { get; }

    /// <summary>Whether the store is closed and killed now and then.</summary>
    public bool HasRestarts { get; }

    public FileStorageOptions Options { get; }

    private static FileStorageOptions OptionsFor(Random random, bool hasLargeBatches)
    {
        // Portions far below what the validator allows: the same code turns over its segments a thousand times as often.
        var segment = hasLargeBatches ? 512 * 1024 : (16 * 1024) << random.Next(3);
        return new FileStorageOptions
        {
            SegmentBytes = segment,
            SpareSegments = random.Next(1, 4),
            GroupBytes = hasLargeBatches ? 128 * 1024 : segment / (4 << random.Next(3)),
            MaxPendingBytes = random.Next(4) == 0 ? segment : 32 * 1024 * 1024,
            RetentionAge = TimeSpan.Zero,
            RetentionCount = random.Next(3) == 0 ? random.Next(5, 60) : 0,
            MaxTotalBytes = random.Next(4) == 0 ? 4L * segment : 0,
            RetentionInterval = TimeSpan.FromSeconds(1),
            IndexCacheBytes = random.Next(2) == 0 ? 1024 : 1024 * 1024,
        };
    }
}
