// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client.Internal;

/// <summary>The client's sending side. A write ends when the connection has taken the message, which is the backpressure.</summary>
internal sealed class RequestStreamWriter<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call) : IClientStreamWriter<TRequest>
    where TRequest : class
    where TResponse : class
{
    private readonly Lock _gate = new();
    private readonly FrameWriter _frames = new(call.Channel.MaxSendMessageSize);

    // Asynchronous continuation: the first write must not run inside the transport's set-up of the body.
    private readonly TaskCompletionSource<Stream> _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _completed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _gate.
    private Task _write = Task.CompletedTask;
    private bool _isComplete;

    public WriteOptions? WriteOptions { get; set; } = call.Options.WriteOptions;

    public Task WriteAsync(TRequest message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TRequest message, CancellationToken cancellationToken)
    {
        if (message is null)
        {
            return Task.FromException(new ArgumentNullException(nameof(message)));
        }

        lock (_gate)
        {
            if (Refusal() is { } refusal)
            {
                return Task.FromException(refusal);
            }

            return _write = WriteCoreAsync(message, cancellationToken);
        }
    }

    public Task CompleteAsync()
    {
        lock (_gate)
        {
            call.ThrowIfDisposed();
            if (!_write.IsCompleted)
            {
                return Task.FromException(
                    new InvalidOperationException("Can't complete the client stream writer because the previous write is in progress."));
            }

            if (!_isComplete)
            {
                _isComplete = true;
                _frames.Release();
                _completed.TrySetResult();
            }
        }

        return Task.CompletedTask;
    }

    /// <summary>Lets writes through to the transport until the stream is completed or the call ends.</summary>
    public async Task RunAsync(Stream stream)
    {
        _opened.TrySetResult(stream);
        await _completed.Task.ConfigureAwait(false);
    }

    /// <summary>Ends the stream with the call: a pending write fails with the call's status.</summary>
    public void Abandon()
    {
        _opened.TrySetCanceled();
        _completed.TrySetCanceled();
    }

    private Exception? Refusal()
    {
        if (call.IsDisposed)
        {
            return new ObjectDisposedException(nameof(GrpcCall<,>));
        }

        if (_isComplete)
        {
            return new InvalidOperationException("Request stream has already been completed.");
        }

        if (call.TryGetStatus(out var status))
        {
            return call.CreateException(status);
        }

        return _write.IsCompleted
            ? null
            : new InvalidOperationException("Can't write the message because the previous write is in progress.");
    }

    private async Task WriteCoreAsync(TRequest message, CancellationToken cancellationToken)
    {
        // A message cannot be half sent: cancelling a write cancels the call.
        var registration = call.CancelWith(cancellationToken);
        try
        {
            var stream = await _opened.Task.ConfigureAwait(false);
            var frame = _frames.Serialize(message, call.Method.RequestMarshaller.ContextualSerializer);
            await stream.WriteAsync(frame, call.CancellationToken).ConfigureAwait(false);
            await stream.FlushAsync(call.CancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
        {
            // The transport stops a request body when the response has ended: what ended it is the better answer.
            throw call.CreateException(call.TryGetStatus(out var status) ? status : new Status(StatusCode.Cancelled, "", exception));
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
        }
    }
}
