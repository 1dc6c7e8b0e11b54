using System.Runtime.InteropServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>Running a lane: what has gathered goes as one append, until nothing waits.</summary>
internal sealed partial class PublishLanes
{
    /// <summary>Begins the lane's work, but never as part of the caller's turn: a grain that publishes must not own the lane.</summary>
    private void Run(TopicName topic, PublishLane lane)
    {
        if (TaskScheduler.Current == TaskScheduler.Default && SynchronizationContext.Current is null)
        {
            _ = SendAllAsync(topic, lane);
        }
        else
        {
            _ = Task.Run(() => SendAllAsync(topic, lane));
        }
    }

    private async Task SendAllAsync(TopicName topic, PublishLane lane)
    {
        var group = new List<PendingPublish>();
        int released;
        while (lane.TryTake(group, out released))
        {
            Pend(-released);
            var bytes = group.Sum(static publish => publish.Events.Bytes.Length);
            await SendAsync(topic, group, bytes).ConfigureAwait(false);
            lane.Release(bytes);
            Pend(-bytes);
        }

        Pend(-released);
        RemoveUnlessOpen(topic, lane);
    }

    private async Task SendAsync(TopicName topic, List<PendingPublish> group, int bytes)
    {
        try
        {
            var reply = await AppendAsync(topic, ToRequest(group, bytes)).ConfigureAwait(false);
            if (reply.Code == MeshErrorCode.ProducerOutOfOrder && group.Count > 1)
            {
                await SendSinglyAsync(topic, group).ConfigureAwait(false);
            }
            else
            {
                Complete(group, reply);
            }
        }
        catch (Exception failure)
        {
            LogUnknown(_logger, topic, failure);
            _instruments.OnPublishFailed(MeshErrorCode.OutcomeUnknown, group.Count);
            group.ForEach(publish => publish.TrySetException(new EventMeshException(
                MeshErrorCode.OutcomeUnknown, $"No answer from topic '{topic}': the events may or may not have been stored.", failure)));
        }
    }

    private async Task SendSinglyAsync(TopicName topic, List<PendingPublish> group)
    {
        foreach (var publish in group)
        {
            await SendAsync(topic, [publish], publish.Events.Bytes.Length).ConfigureAwait(false);
        }
    }

    private async Task<AppendReply> AppendAsync(TopicName topic, AppendRequest request)
    {
        var isInDoubt = false;
        for (var attempt = 1; ; attempt++)
        {
            AppendReply reply;
            try
            {
                reply = await _appender.AppendAsync(topic, request).ConfigureAwait(false);
            }
            catch (Exception failure) when (request.Producer is not null && attempt < MaxAttempts)
            {
                isInDoubt = true;
                LogRepeated(_logger, topic, attempt, failure);
                continue;
            }

            if (reply.Code != MeshErrorCode.LogFenced || attempt == MaxAttempts)
            {
                return isInDoubt ? NotRefused(reply) : reply;
            }

            LogFenced(_logger, topic, attempt);
        }
    }

    /// <summary>After an attempt that was not answered, only the producer's own number says that nothing was stored: any other refusal leaves it open.</summary>
    private static AppendReply NotRefused(AppendReply reply) =>
        reply.Code is MeshErrorCode.None or MeshErrorCode.ProducerOutOfOrder or MeshErrorCode.ProducerUnknown
            ? reply
            : throw new EventMeshException(reply.Code, reply.Message);

    private static AppendRequest ToRequest(List<PendingPublish> group, int bytes)
    {
        var producer = group[0].Producer;
        return new AppendRequest(
            group.Sum(static publish => publish.Events.Count),
            Pack(group, bytes),
            group[0].Durability,
            producer.IsNone ? null : producer.Producer.Value,
            producer.FirstSequence);
    }

    private void Complete(List<PendingPublish> group, AppendReply reply)
    {
        if (reply.Code != MeshErrorCode.None)
        {
            _instruments.OnPublishFailed(reply.Code, group.Count);
            TimeSpan? retryAfter = reply.RetryAfterMs > 0 ? TimeSpan.FromMilliseconds(reply.RetryAfterMs) : null;
            group.ForEach(publish => publish.TrySetException(new EventMeshException(reply.Code, reply.Message) { RetryAfter = retryAfter }));
            return;
        }

        var identity = new NodeIdentity(_node, new Incarnation(reply.Incarnation));
        var done = 0;
        foreach (var publish in group)
        {
            var count = publish.Events.Count;
            publish.TrySetResult(new PublishReceipt(
                identity, reply.FirstSequence + done, new LogOffset(reply.FirstOffset + done), count, reply.Durability, reply.IsDuplicate));
            done += count;
        }

        if (!reply.IsDuplicate)
        {
            _instruments.OnAppended(done);
        }
    }

    /// <summary>The entries of all publishes back to back. Their times are relative to the moment of the append, which the log sets.</summary>
    private static byte[] Pack(List<PendingPublish> group, int bytes)
    {
        if (group.Count == 1
            && MemoryMarshal.TryGetArray(group[0].Events.Bytes, out var whole)
            && whole.Offset == 0
            && whole.Count == whole.Array!.Length)
        {
            return whole.Array;
        }

        var packed = new byte[bytes];
        var at = 0;
        foreach (var publish in group)
        {
            publish.Events.Bytes.CopyTo(packed.AsMemory(at));
            at += publish.Events.Bytes.Length;
        }

        return packed;
    }

    [LoggerMessage(EventIds.AppendUnknown, LogLevel.Warning, "Topic {Topic} did not answer an append; its outcome is not known.")]
    private static partial void LogUnknown(ILogger logger, TopicName topic, Exception failure);

    [LoggerMessage(EventIds.AppendRepeated, LogLevel.Debug, "Topic {Topic} did not answer attempt {Attempt} of a producer's append; it is sent again.")]
    private static partial void LogRepeated(ILogger logger, TopicName topic, int attempt, Exception failure);

    [LoggerMessage(EventIds.AppendFenced, LogLevel.Debug, "Topic {Topic} has moved to another writer; attempt {Attempt} to append was refused.")]
    private static partial void LogFenced(ILogger logger, TopicName topic, int attempt);
}
