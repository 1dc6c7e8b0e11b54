using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Core.Identity;
using EventMesh.Core.Topics;
using EventMesh.Grains.Interfaces;
using EventMesh.Grains.Interfaces.Messages;
using Orleans;

namespace EventMesh.Client.Cluster;

/// <summary>Publishes through topic grains: one call under way per topic, because grain calls keep no order; what gathers meanwhile is the next call.</summary>
internal sealed class GrainPublisher(IGrainFactory grains, MeshClientOptions options) : IPublisher
{
    private readonly Lock _gate = new();
    private readonly PublishWindow _window = new(options);
    private readonly Dictionary<TopicName, Lane> _lanes = [];
    private TaskCompletionSource? _drained;
    private NodeId _node;
    private bool _closed;

    public void Enqueue(PendingPublish publish)
    {
        Lane? idle;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IMeshClient));
            idle = _window.TryEnter(publish) ? Add(publish) : null;
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

        await drained;
    }

    /// <summary>Puts a publish into its topic's lane; returns the lane if somebody has to start it. Under the gate.</summary>
    private Lane? Add(PendingPublish publish)
    {
        var isNew = !_lanes.TryGetValue(publish.Topic, out var lane);
        if (lane is null)
        {
            lane = new Lane(publish.Topic);
            _lanes.Add(publish.Topic, lane);
        }

        lane.Add(publish, options);
        return isNew ? lane : null;
    }

    private void Start(Lane? lane)
    {
        if (lane is not null)
        {
            // Never on the caller's thread: what it publishes next is to gather while this call is under way.
            _ = Task.Run(() => RunAsync(lane));
        }
    }

    /// <summary>Sends a lane's batches one after another until it is empty. Never throws: failures are the publishes' outcome.</summary>
    private async Task RunAsync(Lane lane)
    {
        var topic = grains.GetGrain<ITopicGrain>(lane.Topic.Value);
        while (Next(lane) is { } batch)
        {
            var outcome = await SendAsync(topic, batch);
            var started = new List<Lane>();
            lock (_gate)
            {
                _window.Leave(batch.Count, batch.Bytes);
                while (_window.TryAdmit(out var publish))
                {
                    if (Add(publish) is { } idle)
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
            outcome();
        }
    }

    private PendingBatch? Next(Lane lane)
    {
        lock (_gate)
        {
            var batch = lane.Take();
            if (batch is null)
            {
                _lanes.Remove(lane.Topic);
            }

            return batch;
        }
    }

    private async Task<Action> SendAsync(ITopicGrain topic, PendingBatch batch)
    {
        try
        {
            var node = await NodeAsync();
            var request = new AppendRequest(batch.Count, batch.Events.Bytes.ToArray(), batch.Durability);
            var reply = await topic.AppendAsync(request, CancellationToken.None).WaitAsync(options.RequestTimeout, options.TimeProvider);
            if (reply.Code != MeshErrorCode.None)
            {
                var refusal = GrainErrors.Refusal(reply.Code, reply.Message, reply.RetryAfterMs);
                return () => batch.Fail(refusal);
            }

            return () => batch.Complete(
                new NodeIdentity(node, new Incarnation(reply.Incarnation)), reply.FirstSequence, new LogOffset(reply.FirstOffset), reply.Durability);
        }
#pragma warning disable CA1031 // Whatever a grain call throws is the outcome of these publishes and of nothing else.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            var failure = GrainErrors.ToMesh(exception);
            return () => batch.Fail(failure);
        }
    }

    /// <summary>The node's id, which a reply does not repeat and which never changes: asked for once.</summary>
    private async ValueTask<NodeId> NodeAsync()
    {
        if (_node.IsEmpty)
        {
            var health = await grains.GetGrain<ICatalogGrain>("shard-0").GetHealthAsync().WaitAsync(options.RequestTimeout, options.TimeProvider);
            _node = NodeId.Parse(health.Node);
        }

        return _node;
    }

    /// <summary>What is to be published to one topic; exists while anything is.</summary>
    private sealed class Lane(TopicName topic)
    {
        private readonly Queue<PendingBatch> _batches = new();
        private PendingBatch? _last;

        public TopicName Topic { get; } = topic;

        public void Add(PendingPublish publish, MeshClientOptions options)
        {
            if (_last is null || _last.Durability != publish.Options.Durability ||
                _last.Count >= options.MaxMessageEvents || _last.Bytes + publish.Bytes > options.MaxMessageBytes)
            {
                _last = new PendingBatch(Topic, publish.Options.Durability, publish.Bytes);
                _batches.Enqueue(_last);
            }

            _last.Add(publish);
        }

        public PendingBatch? Take()
        {
            if (!_batches.TryDequeue(out var batch))
            {
                return null;
            }

            _last = _batches.Count == 0 ? null : _last;
            return batch;
        }
    }
}
