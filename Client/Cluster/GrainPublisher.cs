using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Client.Cluster;

/// <summary>Publishes through topic grains: one call under way per topic and producer, because grain calls keep no order; what gathers meanwhile is the next call.</summary>
internal sealed class GrainPublisher : IPublisher
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly IGrainFactory _grains;
    private readonly MeshClientOptions _options;
    private readonly PublishWindow _window;
    private readonly LaneTable _lanes;
    private readonly PublishRetries _retries;
    private readonly CancellationTokenSource _aborting = new();
    private TaskCompletionSource? _drained;
    private NodeId _node;
    private bool _closed;

    public GrainPublisher(IGrainFactory grains, MeshClientOptions options)
    {
        _grains = grains;
        _options = options;
        _window = new PublishWindow(options);
        _lanes = new LaneTable(options);
        _retries = new PublishRetries(options);
    }

    public void Enqueue(PendingPublish publish)
    {
        TopicLane? idle;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IMeshClient));
            idle = _window.TryEnter(publish) ? _lanes.Add(publish) : null;
        }

        Start(idle);
    }

    public async ValueTask DisposeAsync()
    {
        Task drained;
        lock (_gate)
        {
            _closed = true;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_window.IsEmpty)
            {
                _drained.TrySetResult();
            }

            drained = _drained.Task;
        }

        // Receipts are waited for; what has failed is not tried again for ever.
        await using (_options.TimeProvider.CreateTimer(_ => _aborting.Cancel(), null, CloseTimeout, Timeout.InfiniteTimeSpan))
        {
            await drained;
        }

        _aborting.Dispose();
    }

    private void Start(TopicLane? lane)
    {
        if (lane is not null)
        {
            // Never on the caller's thread: what it publishes next is to gather while this call is under way.
            _ = Task.Run(() => RunAsync(lane));
        }
    }

    /// <summary>Sends a lane's batches one after another until it is empty. Never throws: failures are the publishes' outcome.</summary>
    private async Task RunAsync(TopicLane lane)
    {
        var topic = _grains.GetGrain<ITopicGrain>(lane.Key.Topic.Value);
        while (Begin(lane) is { } batch)
        {
            var (complete, failure) = await SendAsync(topic, batch);
            var wait = TimeSpan.Zero;
            if (failure is null)
            {
                End(batch, lane.Stored);
                complete();
            }
            else if (Judge(lane, failure, out wait) == Remedy.GiveUp)
            {
                End(batch, Nothing);
                batch.Fail(failure);
            }

            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, _options.TimeProvider, _aborting.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private PendingBatch? Begin(TopicLane lane)
    {
        lock (_gate)
        {
            return _lanes.Begin(lane);
        }
    }

    private Remedy Judge(TopicLane lane, EventMeshException failure, out TimeSpan wait)
    {
        lock (_gate)
        {
            return _retries.Judge(lane, failure, _aborting.IsCancellationRequested, out wait);
        }
    }

    /// <summary>Makes room for those who wait, and lets them in.</summary>
    private void End(PendingBatch batch, Action end)
    {
        var started = new List<TopicLane>();
        lock (_gate)
        {
            end();
            _window.Leave(batch.Count, batch.Bytes);
            while (_window.TryAdmit(out var publish))
            {
                if (_lanes.Add(publish) is { } idle)
                {
                    started.Add(idle);
                }
            }

            if (_closed && _window.IsEmpty)
            {
                _drained?.TrySetResult();
            }
        }

        started.ForEach(Start);
    }

    /// <summary>Sends a batch once; the result completes it, or says why it is not stored. Never throws.</summary>
    private async Task<(Action Complete, EventMeshException? Failure)> SendAsync(ITopicGrain topic, PendingBatch batch)
    {
        try
        {
            var node = await NodeAsync();
            var reply = await topic.AppendAsync(ToRequest(batch), CancellationToken.None).WaitAsync(_options.RequestTimeout, _options.TimeProvider);
            if (reply.Code != MeshErrorCode.None)
            {
                return (Nothing, GrainErrors.Refusal(reply.Code, reply.Message, reply.RetryAfterMs));
            }

            var origin = new NodeIdentity(node, new Incarnation(reply.Incarnation));
            return (
                () => batch.Complete(origin, reply.FirstSequence, new LogOffset(reply.FirstOffset), reply.Durability, reply.IsDuplicate), null);
        }
#pragma warning disable CA1031 // Whatever a grain call throws is the outcome of these publishes and of nothing else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return (Nothing, GrainErrors.ToMesh(exception));
        }
    }

    private static void Nothing()
    {
        // There is nothing to complete with.
    }

    private static AppendRequest ToRequest(PendingBatch batch)
    {
        var (producer, sequence) = batch.Producer;
        return new AppendRequest(
            batch.Count, batch.Events.Bytes.ToArray(), batch.Durability, producer.IsEmpty ? null : producer.Value, sequence);
    }

    /// <summary>The node's id, which a reply does not repeat and which never changes: asked for once.</summary>
    private async ValueTask<NodeId> NodeAsync()
    {
        if (_node.IsEmpty)
        {
            var health = await _grains.GetGrain<ICatalogGrain>("shard-0").GetHealthAsync().WaitAsync(_options.RequestTimeout, _options.TimeProvider);
            _node = NodeId.Parse(health.Node);
        }

        return _node;
    }
}
