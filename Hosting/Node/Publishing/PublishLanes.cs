using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using EventMesh.Core.Errors;
using EventMesh.Core.Events;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Storage;
using Microsoft.Extensions.Logging;

namespace EventMesh.Hosting.Node.Publishing;

/// <summary>Coalesces publishing: per topic one append is under way, and what comes meanwhile goes as the next. Thread-safe.</summary>
/// <remarks>
/// <para>No timers: a batch grows while the last one is under way. A topic that is open on this silo is appended to through its writer, in the publisher's own turn if
/// nothing is under way: so what is published to many topics at once is handed over before anybody waits, and shares a flush. Other topics are appended to by calls of
/// their grains, between which Orleans keeps no order: one at a time is what keeps a producer's.</para>
/// <para>A call that fails without an answer has an unknown outcome. Events of a producer are sent again as they were, since the log stores them once;
/// others are reported as unknown and never repeated here. A refusal says that nothing was stored; only <c>LogFenced</c> is repeated, because the topic's newer
/// writer takes the same events. What follows waits meanwhile, so order holds.</para>
/// <para>A producer's publishes that went together may be refused as out of order because one of them repeats what was stored in another
/// company: then each is sent by itself.</para>
/// <para>A lane exists while something is pending for its topic, or the topic is open here.</para>
/// </remarks>
internal sealed partial class PublishLanes
{
    private const int MaxAttempts = 5;
    private static readonly TimeSpan BusyHint = TimeSpan.FromMilliseconds(50);
    private readonly ConcurrentDictionary<TopicName, PublishLane> _lanes = new();
    private readonly TopicAppender _appender;
    private readonly NodeId _node;
    private readonly EventMeshOptions _options;
    private readonly NodeInstruments _instruments;
    private readonly ILogger _logger;
    private long _pendingBytes;

    public PublishLanes(TopicAppender appender, NodeId node, EventMeshOptions options, NodeInstruments instruments, ILogger logger)
    {
        _appender = appender;
        _node = node;
        _options = options;
        _instruments = instruments;
        _logger = logger;
        appender.Topics.OnClosed += OnTopicClosed;
    }

    /// <summary>Topics that something is pending for, or that are open here and have been published to.</summary>
    public int Count => _lanes.Count;

    /// <summary>Publishes; whatever is to keep the order of the calls is done before this returns its task.</summary>
    public ValueTask<PublishReceipt> PublishAsync(
        TopicName topic, EventBatch events, ProducerStamp producer, Durability durability, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var publication = new Publication(events, producer, durability);
        var bytes = events.Bytes.Length;
        if (Pend(bytes) > _options.MaxPendingBytes)
        {
            Pend(-bytes);
            throw Busy("the silo", nameof(EventMeshOptions.MaxPendingBytes), _options.MaxPendingBytes);
        }

        PendingPublish? publish = null;
        while (true)
        {
            var lane = _lanes.GetOrAdd(topic, static _ => new PublishLane());
            switch (lane.TryEnter(bytes, _options.MaxPendingTopicBytes, publish))
            {
                case PublishLane.Entry.Begins:
                    return Begin(topic, lane, publication, publish, cancellationToken);
                case PublishLane.Entry.Waits when publish is not null:
                    return AwaitAsync(publish, cancellationToken);
                case PublishLane.Entry.Waits:
                    publish = new PendingPublish(publication);
                    break;
                case PublishLane.Entry.Full:
                    Pend(-bytes);
                    throw Busy($"topic '{topic}'", nameof(EventMeshOptions.MaxPendingTopicBytes), _options.MaxPendingTopicBytes);
                default:
                    _lanes.TryRemove(KeyValuePair.Create(topic, lane));
                    break;
            }
        }
    }

    /// <summary>Appends the lane's first publish at once where the topic is open here; else it is the first that the lane sends.</summary>
    private ValueTask<PublishReceipt> Begin(
        TopicName topic, PublishLane lane, Publication publication, PendingPublish? publish, CancellationToken cancellationToken)
    {
        var open = lane.Open;
        var append = _appender.TryHandOver(
            topic, publication.Events, publication.Producer, publication.Durability, ref open, cancellationToken);
        lane.Open = open;
        if (append is { } handedOver)
        {
            return FinishAsync(topic, lane, publication, handedOver);
        }

        publish ??= new PendingPublish(publication);
        lane.PutFirst(publish);
        Run(topic, lane);
        return AwaitAsync(publish, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<PublishReceipt> FinishAsync(TopicName topic, PublishLane lane, Publication publication, ValueTask<AppendResult> append)
    {
        try
        {
            var result = await append.ConfigureAwait(false);
            if (!result.IsDuplicate)
            {
                _instruments.OnAppended(result.Count);
            }

            var origin = new NodeIdentity(_node, result.First.Incarnation);
            return new PublishReceipt(origin, result.First.Sequence, result.FirstOffset, result.Count, result.Durability, result.IsDuplicate);
        }
        catch (EventMeshException refusal)
        {
            _instruments.OnPublishFailed(refusal.Code, 1);
            throw;
        }
        finally
        {
            End(topic, lane, publication.Events.Bytes.Length);
        }
    }

    private static async ValueTask<PublishReceipt> AwaitAsync(PendingPublish publish, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingPublish)state!).GiveUp(token), publish).ConfigureAwait(false);
        return await publish.Task.ConfigureAwait(false);
    }

    private void End(TopicName topic, PublishLane lane, int bytes)
    {
        Pend(-bytes);
        if (lane.End(bytes))
        {
            Run(topic, lane);
        }
        else
        {
            RemoveUnlessOpen(topic, lane);
        }
    }

    /// <summary>An idle lane stays as long as its topic is open: whoever comes last of this look and <see cref="OnTopicClosed"/> removes it.</summary>
    private void RemoveUnlessOpen(TopicName topic, PublishLane lane)
    {
        if (lane.Open is not { IsClosed: false } && lane.TryClose())
        {
            _lanes.TryRemove(KeyValuePair.Create(topic, lane));
        }
    }

    private void OnTopicClosed(TopicName topic)
    {
        if (_lanes.TryGetValue(topic, out var lane) && lane.TryClose())
        {
            _lanes.TryRemove(KeyValuePair.Create(topic, lane));
        }
    }

    private long Pend(long bytes)
    {
        _instruments.OnPending(bytes);
        return Interlocked.Add(ref _pendingBytes, bytes);
    }

    private EventMeshException Busy(string what, string key, long limit)
    {
        _instruments.OnPublishFailed(MeshErrorCode.Busy, 1);
        return new(MeshErrorCode.Busy, $"{limit} bytes wait for {what} ({EventMeshOptions.Section}:{key}); try again.") { RetryAfter = BusyHint };
    }
}
