using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;

namespace EventMesh.Storage;

/// <summary>The single writer of a topic: it gives offsets and sequences, and knows every origin's position.</summary>
/// <remarks>
/// <para>Thread-safe. All checks, numbering and the hand-over to the log happen before a method returns its task, in the order of the calls;
/// only the wait for the durability is in the task. So callers may interleave freely and order is the order of calls.</para>
/// <para>The log copies a batch's bytes before the method returns. Cancelling gives up the wait, not the append.</para>
/// <para>Every method fails with <c>LogFenced</c> once a newer writer has been opened, <c>LogClosed</c> after disposal and
/// <c>LogFailed</c> once a write or flush has failed; in each case nothing of the call was stored. A batch must be valid
/// (<see cref="EventBatchReader.Validate"/>): the door or link that received it has seen to that.</para>
/// </remarks>
public interface ITopicWriter : IAsyncDisposable
{
    /// <summary>The topic.</summary>
    TopicName Topic { get; }

    /// <summary>This writer's term.</summary>
    Term Term { get; }

    /// <summary>The offset that the next record gets: counts what is handed over but not yet flushed.</summary>
    LogOffset NextOffset { get; }

    /// <summary>The last position of <paramref name="origin"/> that was handed over (flushed or not); <see cref="Position.None"/> if there is none.</summary>
    Position HeldPosition(NodeId origin);

    /// <summary>Appends events published at this node: gives them this node's next sequences and stamps the batch with the clock's time.</summary>
    /// <returns>Ends at <paramref name="durability"/>, or at the strongest that the store has if that is less; the result names which.</returns>
    /// <exception cref="Core.Errors.EventMeshException"><c>Busy</c> when the log's pending bytes are at their limit; <c>LogFull</c>.</exception>
    ValueTask<AppendResult> AppendAsync(EventBatch events, Durability durability, CancellationToken cancellationToken);

    /// <summary>Appends another node's events as <see cref="ReplicationRule"/> decides; ends when what was decided on is flushed.</summary>
    /// <remarks>A duplicate's task, too, ends only when what it duplicates is flushed, so that an acknowledgement is always true.</remarks>
    ValueTask<ReplicateResult> ReplicateAsync(ReplicaBatch batch, CancellationToken cancellationToken);

    /// <summary>Appends a gap in another node's events, and with it moves that origin's position; ends when it is flushed.</summary>
    ValueTask<ReplicateResult> ReplicateAsync(Gap gap, CancellationToken cancellationToken);
}
