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
    /// <param name="events">The events.</param>
    /// <param name="producer">
    /// Who sends them. The producer's next in line is stored; one of its last five batches, repeated whole, ends with that batch's result
    /// (once what it repeats has reached <paramref name="durability"/>); anything else is refused.
    /// </param>
    /// <param name="durability">When the task ends.</param>
    /// <param name="cancellationToken">Gives up the wait, not the append.</param>
    /// <returns>Ends at <paramref name="durability"/>, or at the strongest that the store has if that is less; the result names which.</returns>
    /// <exception cref="Core.Errors.EventMeshException"><c>Busy</c> when the log's pending bytes are at their limit; <c>LogFull</c>;
    /// <c>ProducerOutOfOrder</c> and <c>ProducerUnknown</c>. Nothing was stored.</exception>
    ValueTask<AppendResult> AppendAsync(EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken);

    /// <summary>Appends another node's events as <see cref="ReplicationRule"/> decides; ends when what was decided on is flushed.</summary>
    /// <remarks>A duplicate's task, too, ends only when what it duplicates is flushed, so that an acknowledgement is always true.</remarks>
    ValueTask<ReplicateResult> ReplicateAsync(ReplicaBatch batch, CancellationToken cancellationToken);

    /// <summary>Appends events of nobody in particular: see the other overload.</summary>
    ValueTask<AppendResult> AppendAsync(EventBatch events, Durability durability, CancellationToken cancellationToken) =>
        AppendAsync(events, default, durability, cancellationToken);

    /// <summary>Moves the start of the log up to <paramref name="start"/>: what lies below is gone for readers at once, and they get a gap.</summary>
    /// <remarks>
    /// Ends when it is flushed. Offsets, sequences, positions and producers stay as they are and go on. A start at or below the current
    /// one changes nothing; one above <see cref="NextOffset"/> means that.
    /// </remarks>
    ValueTask TrimAsync(LogOffset start, CancellationToken cancellationToken);

    /// <summary>Deletes the topic: trims all of it and takes it off the listing. Numbering goes on if it is written again within 30 days (a setting).</summary>
    /// <remarks>Ends when it is flushed. The writer may go on: the next append brings the topic back.</remarks>
    ValueTask DeleteAsync(CancellationToken cancellationToken);

    /// <summary>Appends a gap in another node's events, and with it moves that origin's position; ends when it is flushed.</summary>
    ValueTask<ReplicateResult> ReplicateAsync(Gap gap, CancellationToken cancellationToken);
}
