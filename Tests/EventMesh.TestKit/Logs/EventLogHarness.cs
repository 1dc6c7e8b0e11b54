using EventMesh.Storage;
using EventMesh.TestKit.Time;

namespace EventMesh.TestKit.Logs;

/// <summary>A store under test: what <see cref="EventLogContract"/> needs of any implementation.</summary>
public abstract class EventLogHarness : IAsyncDisposable
{
    /// <summary>The node of every store under test.</summary>
    public const string NodeName = "home";

    /// <summary>The store's clock.</summary>
    public ManualTimeProvider Time { get; } = new();

    /// <summary>The log as a silo sees it; another one after <see cref="PowerFailAsync"/>.</summary>
    public abstract IEventLog Log { get; }

    /// <summary>Flushes what was handed over and waits until that is done. Nothing is flushed before.</summary>
    public abstract ValueTask FlushAsync();

    /// <summary>Loses what is not flushed and opens the store again.</summary>
    public abstract ValueTask PowerFailAsync();

    /// <summary>Makes every write and flush fail from now on.</summary>
    public abstract ValueTask BreakAsync();

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>Limits that a contract test needs small.</summary>
/// <param name="MaxTopicBytes">About how much a topic keeps.</param>
/// <param name="MaxTotalBytes">About how much the store keeps.</param>
/// <param name="MaxPendingBytes">What may wait for a flush.</param>
/// <param name="MaxTopics">How many topics.</param>
/// <param name="SegmentBytes">In what portions retention takes records.</param>
/// <param name="MaxProducers">How many producers a topic remembers.</param>
public sealed record EventLogLimits(
    long MaxTopicBytes = 64 * 1024 * 1024,
    long MaxTotalBytes = 256 * 1024 * 1024,
    long MaxPendingBytes = 16 * 1024 * 1024,
    int MaxTopics = 100_000,
    int SegmentBytes = 4096,
    int MaxProducers = 10_000);
