using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Grains.Topics;
using EventMesh.Storage;

namespace EventMesh.Hosting.Node.Replicating;

/// <summary>Sends another node's events to a topic's grain; fails as grain calls do.</summary>
internal delegate Task<ReplicateReply> ReplicateCall(TopicName topic, ReplicateRequest request, CancellationToken cancellationToken);

/// <summary>Stores other nodes' events: through the topic's writer where that is open on this silo, else by a call of its grain. Thread-safe.</summary>
/// <remarks>The link has checked the events and refused the system's topics; only the grain looks again.</remarks>
internal sealed class TopicReplicator(ReplicateCall call, OpenTopics topics)
{
    /// <summary>See <see cref="ILinkHost.ReplicateAsync"/>. Whatever can be handed over without a call is handed over before the task is returned.</summary>
    public ValueTask<ReplicateOutcome> ReplicateAsync(
        TopicName topic, NodeId origin, IReadOnlyList<ReplicaItem> items, CancellationToken cancellationToken)
    {
        if (topics.Find(topic) is not { } open)
        {
            return CallAsync(topic, origin, items, [], cancellationToken);
        }

        var handedOver = HandOver(open.Writer, items);
        return FinishAsync(open, origin, items, handedOver, cancellationToken);
    }

    /// <summary>Hands the items over in order and stops at the first that is refused at once. The wait is not given up: a flush always ends.</summary>
    private static List<ValueTask<ReplicateResult>> HandOver(ITopicWriter writer, IReadOnlyList<ReplicaItem> items)
    {
        var handedOver = new List<ValueTask<ReplicateResult>>(items.Count);
        foreach (var item in items)
        {
            var task = HandOver(writer, item);
            handedOver.Add(task);
            if (task.IsFaulted || task.IsCanceled)
            {
                break;
            }
        }

        return handedOver;
    }

    private static ValueTask<ReplicateResult> HandOver(ITopicWriter writer, ReplicaItem item)
    {
        try
        {
            return item switch
            {
                { Batch: { } batch } => writer.ReplicateAsync(batch, CancellationToken.None),
                { Gap: { } gap } => writer.ReplicateAsync(gap, CancellationToken.None),
                _ => throw new ArgumentException("An item holds a batch or a gap.", nameof(item)),
            };
        }
        catch (EventMeshException refusal)
        {
            return ValueTask.FromException<ReplicateResult>(refusal);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReplicateOutcome> FinishAsync(
        OpenTopic open,
        NodeId origin,
        IReadOnlyList<ReplicaItem> items,
        List<ValueTask<ReplicateResult>> handedOver,
        CancellationToken cancellationToken)
    {
        var results = new List<ReplicateResult>(handedOver.Count);
        EventMeshException? refusal = null;
        foreach (var pending in handedOver)
        {
            try
            {
                var result = await pending.ConfigureAwait(false);
                if (refusal is null)
                {
                    results.Add(result);
                }
            }
            catch (EventMeshException failure)
            {
                refusal ??= failure;
            }
        }

        if (refusal is { Code: MeshErrorCode.LogFenced or MeshErrorCode.LogClosed })
        {
            // Replicating is safe to repeat, so what was not decided goes to whoever writes the topic now.
            topics.Close(open);
            return await CallAsync(open.Writer.Topic, origin, [.. items.Skip(results.Count)], results, cancellationToken).ConfigureAwait(false);
        }

        return new ReplicateOutcome(results, refusal?.Code ?? MeshErrorCode.None, refusal?.RetryAfter);
    }

    private async ValueTask<ReplicateOutcome> CallAsync(
        TopicName topic, NodeId origin, IReadOnlyList<ReplicaItem> items, IReadOnlyList<ReplicateResult> before, CancellationToken cancellationToken)
    {
        var request = new ReplicateRequest(origin.Value, [.. items.Select(ToReplica)]);
        try
        {
            var reply = await call(topic, request, cancellationToken).ConfigureAwait(false);
            TimeSpan? retryAfter = reply.RetryAfterMs > 0 ? TimeSpan.FromMilliseconds(reply.RetryAfterMs) : null;
            return new ReplicateOutcome([.. before, .. reply.Outcomes.Select(ToResult)], reply.Code, retryAfter);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // The topic's silo did not answer. Replicating is safe to repeat, so the link may simply try again.
            return new ReplicateOutcome(before, MeshErrorCode.OutcomeUnknown, null);
        }
    }

    private static Replica ToReplica(ReplicaItem item) => item switch
    {
        { Batch: { } batch } => new Replica(
            batch.Incarnation.Value,
            batch.Previous.Incarnation.Value,
            batch.Previous.Sequence,
            batch.FirstSequence,
            batch.Hops,
            batch.Events.Count,
            batch.Events.BaseTimeUnixMs,
            ToArray(batch.Events.Bytes)),
        { Gap: { } gap } => new Replica(0, 0, -1, 0, 0, 0, 0, GapBody.Encode(gap)),
        _ => throw new ArgumentException("An item holds a batch or a gap.", nameof(item)),
    };

    private static ReplicateResult ToResult(ReplicaOutcome outcome)
    {
        var held = outcome.HeldSequence < 0 ? Position.None : new Position(new Incarnation(outcome.HeldIncarnation), outcome.HeldSequence);
        return new ReplicateResult(outcome.Verdict, held, outcome.Stored, outcome.Duplicates, outcome.Rewound);
    }

    private static byte[] ToArray(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length
            ? segment.Array
            : bytes.ToArray();
}
