// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The messages of a request body.</summary>
internal sealed class RequestStream<TRequest>(HttpServerCallContext call, Func<DeserializationContext, TRequest> deserializer)
    : IAsyncStreamReader<TRequest>
    where TRequest : class
{
    private static readonly Task<bool> True = Task.FromResult(true);
    private static readonly Task<bool> False = Task.FromResult(false);

    private readonly FrameReader _frames = new(
        call.HttpContext.Request.BodyReader, call.Options.MaxReceiveMessageSize, () => RefuseCompressed(call));

    private readonly PayloadContext _payload = new();
    private int _isReading;
    private bool _isClosed;

    public TRequest Current { get; private set; } = default!;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<bool>(cancellationToken);
        }

        if (_isClosed || call.IsAborted)
        {
            return Task.FromException<bool>(new InvalidOperationException("Can't read messages after the request is complete."));
        }

        if (Interlocked.Exchange(ref _isReading, 1) == 1)
        {
            return Task.FromException<bool>(
                new InvalidOperationException("Can't read the next message because the previous read is still in progress."));
        }

        Current = null!;
        var next = NextAsync(cancellationToken);
        return !next.IsCompletedSuccessfully ? next.AsTask() : next.Result ? True : False;
    }

    /// <summary>The one message of a call whose client does not stream: exactly one, then the end.</summary>
    public async ValueTask<TRequest> ReadSingleAsync()
    {
        if (!await NextAsync(CancellationToken.None))
        {
            throw new RpcException(new Status(StatusCode.Internal, "Incomplete message."));
        }

        var request = Current;
        return await NextAsync(CancellationToken.None)
            ? throw new RpcException(new Status(StatusCode.Internal, "Additional data after the message received."))
            : request;
    }

    /// <summary>Ends the stream with its handler. What a handler left unread is given up.</summary>
    public void Close()
    {
        _isClosed = true;
        if (Interlocked.Exchange(ref _isReading, 1) == 0)
        {
            _frames.Release();
        }
    }

    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (_frames.TryTake(out var payload))
                {
                    Current = _payload.Deserialize(payload, deserializer);
                    return true;
                }

                if (!await _frames.FillAsync(cancellationToken))
                {
                    return false;
                }
            }
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }

    private static RpcException RefuseCompressed(HttpServerCallContext call)
    {
        var http = call.HttpContext;
        if (!http.Response.HasStarted)
        {
            http.Response.Headers[GrpcHeaders.AcceptEncoding] = GrpcHeaders.Identity;
        }

        return CompressedMessages.Refusal(http.Request.Headers[GrpcHeaders.Encoding]);
    }
}
