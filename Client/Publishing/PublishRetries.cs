using EventMesh.Client.Subscriptions;
using EventMesh.Core.Errors;

namespace EventMesh.Client.Publishing;

/// <summary>What happens to a lane's batch after an attempt that has failed.</summary>
internal enum Remedy
{
    /// <summary>It is sent again, the same or under a new number.</summary>
    Repeat,

    /// <summary>Its publishes are sent one by one.</summary>
    Split,

    /// <summary>It fails.</summary>
    GiveUp,
}

/// <summary>Decides on attempts that have failed. What has no producer is never repeated: nobody could tell the repeat from another event.</summary>
internal sealed class PublishRetries(MeshClientOptions options)
{
    /// <summary>Judges the failure of the lane's batch under way, and does to the lane what follows from it.</summary>
    /// <param name="lane">The lane.</param>
    /// <param name="failure">What the attempt ended with.</param>
    /// <param name="isClosing">Whether the client is being disposed and repeats nothing any more.</param>
    /// <param name="wait">How long to wait before the batch is sent again.</param>
    public Remedy Judge(TopicLane lane, EventMeshException failure, bool isClosing, out TimeSpan wait)
    {
        var batch = lane.Current!;
        batch.IsInDoubt |= failure.Code == MeshErrorCode.OutcomeUnknown;
        wait = TimeSpan.Zero;
        var isNumberRefused = failure.Code is MeshErrorCode.ProducerUnknown or MeshErrorCode.ProducerOutOfOrder;
        if (isNumberRefused && lane.Number is not null && !batch.IsInDoubt && batch.Producer.FirstSequence > 0)
        {
            // The topic has forgotten this client, or lost its end. Nothing of the batch is stored, so it may begin anew.
            lane.Renew();
            return Remedy.Repeat;
        }

        if (failure.Code == MeshErrorCode.ProducerOutOfOrder && lane.Number is null && batch.Count > 1)
        {
            // Some of them may repeat what was stored in other company.
            lane.Split();
            return Remedy.Split;
        }

        if (!batch.Producer.IsNone && failure.IsTransient && !isClosing && TryWait(batch, failure, out wait))
        {
            return Remedy.Repeat;
        }

        lane.GivenUp(isNumberLost: batch.IsInDoubt || isNumberRefused);
        return Remedy.GiveUp;
    }

    private bool TryWait(PendingBatch batch, EventMeshException failure, out TimeSpan wait)
    {
        batch.Backoff ??= new Backoff(options);
        wait = batch.Backoff.Next(failure.RetryAfter);
        return options.TimeProvider.GetElapsedTime(batch.Since) + wait <= options.MaxRetryTime;
    }
}
