using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage;

/// <summary>A silo's view of its node's durable logs: one log a topic, each with one writer and any number of readers.</summary>
/// <remarks>
/// Thread-safe. Reading never waits for writing. Nobody sees a record before it is flushed, whatever durability its receipt named:
/// the end of the last flushed group is the read limit.
/// </remarks>
public interface IEventLog : IAsyncDisposable
{
    /// <summary>The node that the store belongs to, and the incarnation that its own appends carry.</summary>
    NodeIdentity Identity { get; }

    /// <summary>Opens the one writer of <paramref name="topic"/> with a new, greater term; the topic comes to be if there is none.</summary>
    /// <remarks>
    /// Ordered with appends: what an older writer handed over before is written, what it hands over later fails with
    /// <c>LogFenced</c>. The head of the returned writer is final.
    /// </remarks>
    /// <exception cref="Core.Errors.EventMeshException"><c>LogClosed</c>, <c>LogFailed</c> or <c>LogFull</c> (too many topics).</exception>
    ValueTask<ITopicWriter> OpenWriterAsync(TopicName topic, CancellationToken cancellationToken);

    /// <summary>A time that every later append of this node is stamped at or after, in UTC milliseconds.</summary>
    /// <remarks>
    /// It never goes back while the store is open, whatever the machine's clock does. "From now on" is therefore a time: a live
    /// subscription or a peer's interest starts, in every topic, at <see cref="ITopicReader.OffsetAtTime"/> of the moment it was applied.
    /// </remarks>
    long CurrentTimeUnixMs { get; }

    /// <summary>Grows with every flush that made anything readable: who sees it unchanged has missed nothing.</summary>
    long FlushVersion { get; }

    /// <summary>Whether appends are taken, and what recovery and reading have found. Cheap; any thread.</summary>
    LogHealth Health { get; }

    /// <summary>A reader of <paramref name="topic"/>; costs nothing, never fences, and works for a topic that does not exist yet.</summary>
    ITopicReader GetReader(TopicName topic);

    /// <summary>Topics that hold or held at least one record, in ordinal order after <paramref name="after"/>, at most <paramref name="limit"/>.</summary>
    IReadOnlyList<TopicSummary> ListTopics(TopicName after, int limit);

    /// <summary>Calls <paramref name="listener"/> after every flush of this silo's writers, until the result is disposed.</summary>
    IDisposable Subscribe(IFlushListener listener);
}
