using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces.Messages;
using EventMesh.Storage;

namespace EventMesh.Grains.Topics;

/// <summary>Passes a topic's calls to its writer, in the order in which they are made.</summary>
/// <remarks>
/// Everything up to the hand-over to the log happens before a method returns its task; only the wait for the flush is in the task. So calls may
/// interleave. Refusals become replies. Malformed bytes are refused here, whoever sent them: what is in a log stays there.
/// </remarks>
internal sealed class TopicSequencer(ITopicWriter writer)
{
    public async Task<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        try
        {
            RefuseSystemTopic();
            var batch = new EventBatch(request.Count, 0, request.Packed);
            EventBatchReader.Validate(batch);
            return Replies.Appended(await writer.AppendAsync(batch, StampOf(request), request.Durability, cancellationToken));
        }
        catch (EventMeshException refusal)
        {
            return Replies.Refused(refusal);
        }
    }

    public async Task<ReplicateReply> ReplicateAsync(ReplicateRequest request, CancellationToken cancellationToken)
    {
        var outcomes = new List<ReplicaOutcome>(request.Replicas.Length);
        EventMeshException? refusal = null;
        foreach (var pending in HandOver(request, cancellationToken))
        {
            try
            {
                var result = await pending;
                if (refusal is null)
                {
                    outcomes.Add(Replies.Outcome(result));
                }
            }
            catch (EventMeshException failure)
            {
                refusal ??= failure;
            }
        }

        return refusal is null ? Replies.Replicated([.. outcomes]) : Replies.NotReplicated(refusal, [.. outcomes]);
    }

    public ValueTask CloseAsync() => writer.DisposeAsync();

    /// <summary>Hands the replicas over in order, all before the first wait, and stops at the first that is refused at once.</summary>
    private List<ValueTask<ReplicateResult>> HandOver(ReplicateRequest request, CancellationToken cancellationToken)
    {
        var pending = new List<ValueTask<ReplicateResult>>(request.Replicas.Length);
        foreach (var replica in request.Replicas)
        {
            var task = HandOver(request.Origin, replica, cancellationToken);
            pending.Add(task);
            if (task.IsFaulted || task.IsCanceled)
            {
                break;
            }
        }

        return pending;
    }

    private ValueTask<ReplicateResult> HandOver(string origin, Replica replica, CancellationToken cancellationToken)
    {
        try
        {
            RefuseSystemTopic();
            return replica.Count == 0
                ? writer.ReplicateAsync(GapBody.Decode(replica.Bytes), cancellationToken)
                : writer.ReplicateAsync(ToBatch(NodeId.Parse(origin), replica), cancellationToken);
        }
        catch (EventMeshException refusal)
        {
            return ValueTask.FromException<ReplicateResult>(refusal);
        }
    }

    private static ProducerStamp StampOf(AppendRequest request) =>
        string.IsNullOrEmpty(request.Producer) ? default : new ProducerStamp(ProducerId.Parse(request.Producer), request.ProducerSequence);

    private static ReplicaBatch ToBatch(NodeId origin, Replica replica)
    {
        var events = new EventBatch(replica.Count, replica.BaseTimeUnixMs, replica.Bytes);
        EventBatchReader.Validate(events);
        var previous = replica.PreviousSequence < 0
            ? Position.None
            : new Position(new Incarnation(replica.PreviousIncarnation), replica.PreviousSequence);
        return new ReplicaBatch(origin, new Incarnation(replica.Incarnation), previous, replica.FirstSequence, replica.Hops, events);
    }

    private void RefuseSystemTopic()
    {
        if (writer.Topic.IsSystem)
        {
            throw new EventMeshException(MeshErrorCode.TopicReserved, $"Topic '{writer.Topic}' belongs to the system: read it, but do not publish to it.");
        }
    }
}
