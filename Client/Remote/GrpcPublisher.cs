using System.Threading.Channels;
using EventMesh.Client.Publishing;
using EventMesh.Core.Errors;
using EventMesh.Protocol.Mesh.V1;
using Grpc.Core;

namespace EventMesh.Client.Remote;

/// <summary>Publishes over one gRPC stream: what gathers while messages are under way goes in the next message. No timers on the way.</summary>
/// <remarks>
/// One loop runs a stream at a time. When a stream breaks, what was sent on it has an unknown outcome and fails so; what was not sent goes
/// on the next stream. When no stream can be made, everything that gathered fails: nothing of it was stored. Publishes with a producer go by lanes
/// instead, and are sent again.
/// </remarks>
internal sealed partial class GrpcPublisher : IPublisher
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly MeshService.MeshServiceClient _service;
    private readonly Uri _server;
    private readonly MeshClientOptions _options;
    private readonly PublishWindow _window;
    private readonly PublishMessageBuilder _gathering;
    private readonly Queue<OutgoingMessage> _sent = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly CancellationTokenSource _aborting = new();
    private Task? _loop;
    private bool _closed;

    public GrpcPublisher(MeshService.MeshServiceClient service, Uri server, MeshClientOptions options)
    {
        _service = service;
        _server = server;
        _options = options;
        _window = new PublishWindow(options);
        _gathering = new PublishMessageBuilder(options);
        _lanes = new LaneTable(options);
        _retries = new PublishRetries(options);
    }

    public void Enqueue(PendingPublish publish)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(IMeshClient));
            if (!_window.TryEnter(publish))
            {
                return;
            }

            Put(publish);
            _loop ??= Task.Run(RunAsync);
        }

        _wake.Writer.TryWrite(true);
    }

    public async ValueTask DisposeAsync()
    {
        Task? loop;
        lock (_gate)
        {
            _closed = true;
            loop = _loop;
        }

        if (loop is not null)
        {
            _wake.Writer.TryWrite(true);
            await using var timer = _options.TimeProvider.CreateTimer(_ => _aborting.Cancel(), null, CloseTimeout, Timeout.InfiniteTimeSpan);
            await loop;
        }

        _aborting.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await _wake.Reader.ReadAsync(CancellationToken.None);
            while (HasWork())
            {
                await RunStreamAsync();
            }

            lock (_gate)
            {
                if (_closed && _window.IsEmpty)
                {
                    return;
                }
            }
        }
    }

    private bool HasWork()
    {
        lock (_gate)
        {
            return !_gathering.IsEmpty || _ready.Count > 0;
        }
    }

    /// <summary>Runs one stream until it breaks or the client is closed. Never throws: whatever goes wrong becomes the outcome of publishes.</summary>
    private async Task RunStreamAsync()
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_aborting.Token);
        await using var watchdog = _options.TimeProvider.CreateTimer(_ => EndIfSilent(ending), null, _options.RequestTimeout / 4, _options.RequestTimeout / 4);
        using var call = _service.PublishStream(cancellationToken: ending.Token);
        try
        {
            // Only a node that has answered is sent events: before that, a failure leaves nothing in doubt.
            await call.ResponseHeadersAsync.WaitAsync(_options.ConnectTimeout, _options.TimeProvider, ending.Token);
        }
        catch (Exception exception) when (exception is RpcException or TimeoutException or OperationCanceledException)
        {
            TakeGathered().ForEach(batch => Failed(batch, Unreachable(exception)));
            return;
        }

        var reading = ReadResultsAsync(call, ending.Token);
        var writing = WriteMessagesAsync(call, ending.Token);
        if (await Task.WhenAny(reading, writing) == reading || !writing.IsCompletedSuccessfully)
        {
            // The stream is over for both directions once either has failed.
            await ending.CancelAsync();
        }

        var failure = InDoubt(await OutcomeAsync(reading) ?? await OutcomeAsync(writing));
        TakeSent().ForEach(batch => Failed(batch, failure));
    }

    private async Task WriteMessagesAsync(AsyncDuplexStreamingCall<PublishMessage, PublishResults> call, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (TryTakeMessage() is { } message)
            {
                await call.RequestStream.WriteAsync(message.ToWire(), cancellationToken);
            }

            if (IsDone())
            {
                await call.RequestStream.CompleteAsync();
                return;
            }

            await _wake.Reader.ReadAsync(cancellationToken);
        }
    }

    private async Task ReadResultsAsync(AsyncDuplexStreamingCall<PublishMessage, PublishResults> call, CancellationToken cancellationToken)
    {
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            foreach (var result in call.ResponseStream.Current.Results)
            {
                Answer(result);
            }

            _wake.Writer.TryWrite(true);
        }
    }

    private OutgoingMessage? TryTakeMessage()
    {
        lock (_gate)
        {
            if (_sent.Count >= _options.MaxMessagesUnderWay || TakeNext() is not { } message)
            {
                return null;
            }

            message.SentAt = _options.TimeProvider.GetTimestamp();
            _sent.Enqueue(message);
            return message;
        }
    }

    private bool IsDone()
    {
        lock (_gate)
        {
            return _closed && _window.IsEmpty;
        }
    }

    private void Answer(PublishResult result)
    {
        PendingBatch batch;
        lock (_gate)
        {
            if (!_sent.TryPeek(out var message))
            {
                throw new RpcException(new Status(StatusCode.Internal, "The node answered more than it was asked."));
            }

            batch = message.Batches[message.Answered++];
            if (message.Answered == message.Batches.Count)
            {
                _sent.Dequeue();
            }

            LeaveUnlessNumbered(batch);
        }

        if (BatchOutcome.FailureOf(batch, result) is { } failure)
        {
            Failed(batch, failure);
        }
        else
        {
            Stored(batch);
            BatchOutcome.Complete(batch, result.Receipt);
        }
    }

    /// <summary>Makes room and lets in who waits. Under the gate.</summary>
    private void Leave(PendingBatch batch)
    {
        _window.Leave(batch.Count, batch.Bytes);
        while (_window.TryAdmit(out var publish))
        {
            Put(publish);
        }
    }

    private List<PendingBatch> TakeSent()
    {
        var batches = new List<PendingBatch>();
        lock (_gate)
        {
            while (_sent.TryDequeue(out var message))
            {
                batches.AddRange(message.Batches.Skip(message.Answered));
            }

            batches.ForEach(LeaveUnlessNumbered);
            batches.ForEach(static batch => batch.IsInDoubt = true);
        }

        return batches;
    }

    private List<PendingBatch> TakeGathered()
    {
        var batches = new List<PendingBatch>();
        lock (_gate)
        {
            while (TakeNext() is { } message)
            {
                batches.AddRange(message.Batches);
                message.Batches.ForEach(LeaveUnlessNumbered);
            }
        }

        return batches;
    }

    private void EndIfSilent(CancellationTokenSource ending)
    {
        lock (_gate)
        {
            if (!_sent.TryPeek(out var oldest) || _options.TimeProvider.GetElapsedTime(oldest.SentAt) < _options.RequestTimeout)
            {
                return;
            }
        }

        ending.Cancel();
    }

    private EventMeshException Unreachable(Exception exception) => exception is RpcException rpc
        ? RemoteErrors.ToMesh(rpc, _server)
        : new EventMeshException(MeshErrorCode.NodeNotReady, $"The node at {_server} does not answer.", exception);

    private EventMeshException InDoubt(Exception? failure) =>
        failure is RpcException rpc && RemoteErrors.ToMesh(rpc, _server) is { Code: not MeshErrorCode.NodeNotReady } refusal
            ? refusal
            : new EventMeshException(
                MeshErrorCode.OutcomeUnknown, $"The connection to {_server} ended before it answered: the event may or may not be stored.", failure);

    /// <summary>What a direction of the stream ended with; null for a regular end. It is handed on as the publishes' outcome.</summary>
    private static async Task<Exception?> OutcomeAsync(Task direction)
    {
        await direction.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return direction.IsCompletedSuccessfully ? null : direction.Exception?.InnerException ?? new OperationCanceledException();
    }
}
