using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node;

/// <summary>The mesh as seen from inside a silo: what doors and the host's own code call. Thread-safe.</summary>
public interface IMeshNode
{
    /// <summary>Who this node is.</summary>
    NodeIdentity Identity { get; }

    /// <summary>Where its events are kept: a directory, or <c>memory</c>.</summary>
    string StorageLocation { get; }

    /// <summary>Appends a valid batch to a topic and returns its receipt once the durability is reached.</summary>
    /// <remarks>
    /// Coalesces: while the last batch of a topic is under way, what is published to it gathers and goes as the next one. Calls made one
    /// after another keep their order. Pending bytes per topic are bounded: beyond, <c>Busy</c> at once with a hint when to retry.
    /// Cancelling gives up the wait: what is under way may be stored all the same, so the batch's bytes must stay as they are even then.
    /// A batch with a <paramref name="producer"/> can be repeated as it was, also after <c>OutcomeUnknown</c>: it is stored once, and the repeat's
    /// receipt is the first one's. The producer's next batch may follow at once; a batch that was refused leaves a hole until it is repeated.
    /// </remarks>
    /// <param name="topic">The topic.</param>
    /// <param name="events">The events.</param>
    /// <param name="producer">Who numbers them; the default value is nobody.</param>
    /// <param name="durability">What the receipt waits for.</param>
    /// <param name="cancellationToken">Gives up the wait.</param>
    /// <exception cref="Core.Errors.EventMeshException"><c>TopicReserved</c>, <c>Busy</c>, <c>NodeNotReady</c>, <c>OutcomeUnknown</c>,
    /// <c>ProducerOutOfOrder</c>, <c>ProducerUnknown</c> or a storage code.</exception>
    ValueTask<PublishReceipt> PublishAsync(
        TopicName topic, EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken);

    /// <summary>Appends events of nobody in particular: see the other overload.</summary>
    ValueTask<PublishReceipt> PublishAsync(TopicName topic, EventBatch events, Durability durability, CancellationToken cancellationToken) =>
        PublishAsync(topic, events, default, durability, cancellationToken);

    /// <summary>Subscribes; once the task ends, whatever is published to a matching topic anywhere in this node is delivered.</summary>
    /// <exception cref="Core.Errors.EventMeshException"><c>InvalidArgument</c>, <c>InvalidOffset</c>, <c>TooManySessions</c> or <c>NodeNotReady</c>.</exception>
    ValueTask<IMeshSubscription> SubscribeAsync(SubscribeRequest request, CancellationToken cancellationToken);

    /// <summary>Reads a topic's log directly.</summary>
    ITopicReader GetReader(TopicName topic);

    /// <summary>Topics that match, in ordinal order after <paramref name="after"/>; <paramref name="limit"/> is at most 1,000.</summary>
    IReadOnlyList<TopicSummary> ListTopics(TopicPattern? pattern, TopicName after, int limit);
}

/// <summary>A true receipt: the durability that it names has been reached.</summary>
/// <param name="Origin">The node, and its incarnation, that the events were published at.</param>
/// <param name="FirstSequence">Sequence of the first event; the others follow.</param>
/// <param name="FirstOffset">Offset of the first event in this node's log; the others follow.</param>
/// <param name="Count">How many events.</param>
/// <param name="Durability">The durability reached.</param>
/// <param name="IsDuplicate">Whether the events had been stored before, by an earlier publish of the same producer that this one repeats.</param>
public readonly record struct PublishReceipt(
    NodeIdentity Origin, long FirstSequence, LogOffset FirstOffset, int Count, Durability Durability, bool IsDuplicate = false);
