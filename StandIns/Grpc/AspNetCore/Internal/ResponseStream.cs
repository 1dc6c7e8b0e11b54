// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using System.IO.Pipelines;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The messages of a response body. A write ends when the transport has taken the message, which is the backpressure.</summary>
internal sealed class ResponseStream<TResponse>(HttpServerCallContext call, Action<TResponse, SerializationContext> serializer)
    : IServerStreamWriter<TResponse>
    where TResponse : class
{
    private readonly PipeWriter _output = call.HttpContext.Response.BodyWriter;
    private readonly ResponseSerializer _serializer = new(call.HttpContext.Response.BodyWriter, call.Options.MaxSendMessageSize);
    private int _isWriting;
    private bool _isClosed;

    public WriteOptions? WriteOptions
    {
        get => call.WriteOptions;
        set => call.WriteOptions = value;
    }

    public Task WriteAsync(TResponse message) => WriteAsync(message, CancellationToken.None);

    public Task WriteAsync(TResponse message, CancellationToken cancellationToken)
    {
        if (Refusal(message, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (Interlocked.Exchange(ref _isWriting, 1) == 1)
        {
            return Task.FromException(
                new InvalidOperationException("Can't write the message because the previous write is in progress."));
        }

        var write = WriteCoreAsync(message, cancellationToken);
        return write.IsCompletedSuccessfully ? Task.CompletedTask : write.AsTask();
    }

    /// <summary>Writes the one message of a call whose server does not stream; it leaves together with the trailers.</summary>
    public async Task WriteSingleAsync(TResponse message)
    {
        await call.HttpContext.Response.StartAsync();
        _serializer.Write(message, serializer);
    }

    public void Close() => _isClosed = true;

    private Task? Refusal(TResponse message, CancellationToken cancellationToken)
    {
        if (message is null)
        {
            return Task.FromException(new ArgumentNullException(nameof(message)));
        }

        if (cancellationToken.IsCancellationRequested)
        {
            call.Reset();
            return Task.FromCanceled(cancellationToken);
        }

        return _isClosed || call.IsAborted || call.IsDeadlineExceeded
            ? Task.FromException(new InvalidOperationException("Can't write the message because the request is complete."))
            : null;
    }

    private async ValueTask WriteCoreAsync(TResponse message, CancellationToken cancellationToken)
    {
        // A message cannot be half sent: cancelling a write resets the call.
        var registration = cancellationToken.UnsafeRegister(static state => ((HttpServerCallContext)state!).Reset(), call);
        try
        {
            var response = call.HttpContext.Response;
            if (!response.HasStarted)
            {
                // Trailers are possible only after headers: without this an early status would overtake the message.
                await response.StartAsync(cancellationToken);
            }

            _serializer.Write(message, serializer);
            if (((call.WriteOptions?.Flags ?? 0) & WriteFlags.BufferHint) == 0)
            {
                var flush = await _output.FlushAsync(cancellationToken);
                if (!flush.IsCompleted && call.CancellationToken.IsCancellationRequested)
                {
                    throw new OperationCanceledException("Request aborted while sending the message.", call.CancellationToken);
                }
            }
        }
        finally
        {
            await registration.DisposeAsync();
            Volatile.Write(ref _isWriting, 0);
        }
    }
}
