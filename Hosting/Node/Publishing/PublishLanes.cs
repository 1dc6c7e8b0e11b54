using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces.Messages;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>Sends a topic's append to its grain; fails as grain calls do.</summary>
internal delegate Task<AppendReply> AppendCall(TopicName topic, AppendRequest request);

/// <summary>Coalesces publishing: per topic one append is under way, and what comes meanwhile goes as the next. Thread-safe.</summary>
/// <remarks>
/// <para>Orleans keeps no order between calls, so one at a time is what keeps a producer's order. No timers: a batch grows while the last one is under way.</para>
/// <para>A call that fails without an answer has an unknown outcome. Events of a producer are sent again as they were, since the log stores them once;
/// others are reported as unknown and never repeated here. A refusal says that nothing was stored; only <c>LogFenced</c> is repeated, because the topic's newer
/// writer takes the same events. What follows waits meanwhile, so order holds.</para>
/// <para>A producer's publishes that went together may be refused as out of order because one of them repeats what was stored in another
/// company: then each is sent by itself.</para>
/// <para>A lane exists while something is pending for its topic.</para>
/// </remarks>
internal sealed partial class PublishLanes(
    AppendCall append, NodeId node, EventMeshOptions options, NodeInstruments instruments, ILogger logger)
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan BusyHint = TimeSpan.FromMilliseconds(50);
    private readonly ConcurrentDictionary<TopicName, PublishLane> _lanes = new();
    private long _pendingBytes;

    /// <summary>Topics that something is pending for.</summary>
    public int Count => _lanes.Count;

    public async ValueTask<PublishReceipt> PublishAsync(
        TopicName topic, EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var publish = new PendingPublish(events, producer, durability);
        Enter(topic, publish);
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingPublish)state!).GiveUp(token), publish).ConfigureAwait(false);
        return await publish.Task.ConfigureAwait(false);
    }

    private void Enter(TopicName topic, PendingPublish publish)
    {
        var bytes = publish.Events.Bytes.Length;
        if (Pend(bytes) > options.MaxPendingBytes)
        {
            Pend(-bytes);
            throw Busy("the silo", nameof(EventMeshOptions.MaxPendingBytes), options.MaxPendingBytes);
        }

        while (true)
        {
            var lane = _lanes.GetOrAdd(topic, static _ => new PublishLane());
            switch (lane.TryEnter(publish, options.MaxPendingTopicBytes))
            {
                case PublishLane.Entry.Waits:
                    return;
                case PublishLane.Entry.Runs:
                    Run(topic, lane);
                    return;
                case PublishLane.Entry.Full:
                    Pend(-bytes);
                    throw Busy($"topic '{topic}'", nameof(EventMeshOptions.MaxPendingTopicBytes), options.MaxPendingTopicBytes);
                default:
                    _lanes.TryRemove(KeyValuePair.Create(topic, lane));
                    break;
            }
        }
    }

    private long Pend(long bytes)
    {
        instruments.OnPending(bytes);
        return Interlocked.Add(ref _pendingBytes, bytes);
    }

    private EventMeshException Busy(string what, string key, long limit)
    {
        instruments.OnPublishFailed(MeshErrorCode.Busy, 1);
        return new(MeshErrorCode.Busy, $"{limit} bytes wait for {what} ({EventMeshOptions.Section}:{key}); try again.") { RetryAfter = BusyHint };
    }

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
        _lanes.TryRemove(KeyValuePair.Create(topic, lane));
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
            LogUnknown(logger, topic, failure);
            instruments.OnPublishFailed(MeshErrorCode.OutcomeUnknown, group.Count);
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
                reply = await append(topic, request).ConfigureAwait(false);
            }
            catch (Exception failure) when (request.Producer is not null && attempt < MaxAttempts)
            {
                isInDoubt = true;
                LogRepeated(logger, topic, attempt, failure);
                continue;
            }

            if (reply.Code != MeshErrorCode.LogFenced || attempt == MaxAttempts)
            {
                return isInDoubt ? NotRefused(reply) : reply;
            }

            LogFenced(logger, topic, attempt);
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
            instruments.OnPublishFailed(reply.Code, group.Count);
            TimeSpan? retryAfter = reply.RetryAfterMs > 0 ? TimeSpan.FromMilliseconds(reply.RetryAfterMs) : null;
            group.ForEach(publish => publish.TrySetException(new EventMeshException(reply.Code, reply.Message) { RetryAfter = retryAfter }));
            return;
        }

        var identity = new NodeIdentity(node, new Incarnation(reply.Incarnation));
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
            instruments.OnAppended(done);
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
