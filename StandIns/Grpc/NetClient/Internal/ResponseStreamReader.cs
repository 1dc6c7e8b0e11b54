// Mirrors Grpc.Net.Client 2.85.0. Delete when: every package feed in use offers Grpc.Net.Client.
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client.Internal;

/// <summary>The client's receiving side. Its end is the end of the call.</summary>
internal sealed class ResponseStreamReader<TRequest, TResponse>(GrpcCall<TRequest, TResponse> call) : IAsyncStreamReader<TResponse>
    where TRequest : class
    where TResponse : class
{
    private static readonly Task<bool> True = Task.FromResult(true);
    private static readonly Task<bool> False = Task.FromResult(false);

    // Room for many small messages or one frame of a link; a stream that waits for data holds no buffer.
    private static readonly StreamPipeReaderOptions BufferOptions =
        new(bufferSize: 64 * 1024, minimumReadSize: 8 * 1024, leaveOpen: true, useZeroByteReads: true);

    private readonly PayloadContext _payload = new();
    private FrameReader? _frames;
    private int _isReading;

    public TResponse Current { get; private set; } = default!;

    public Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        call.ThrowIfDisposed();
        if (call.TryGetStatus(out var status))
        {
            return status.StatusCode == StatusCode.OK ? False : Task.FromException<bool>(call.CreateException(status));
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

    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        var registration = call.CancelWith(cancellationToken);
        try
        {
            call.CancellationToken.ThrowIfCancellationRequested();
            _frames ??= await OpenAsync().ConfigureAwait(false);
            while (true)
            {
                if (_frames.TryTake(out var payload))
                {
                    Current = _payload.Deserialize(payload, call.Method.ResponseMarshaller.ContextualDeserializer);
                    return true;
                }

                if (!await _frames.FillAsync(call.CancellationToken).ConfigureAwait(false))
                {
                    _frames.Complete();
                    var status = call.EndByServer();
                    return status.StatusCode == StatusCode.OK ? false : throw call.CreateException(status);
                }
            }
        }
        catch (Exception exception)
        {
            _frames?.Complete();
            throw call.Fail("Error reading next message.", exception);
        }
        finally
        {
            await registration.DisposeAsync().ConfigureAwait(false);
            Volatile.Write(ref _isReading, 0);
        }
    }

    private async Task<FrameReader> OpenAsync()
    {
        var response = await call.Response.ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(call.CancellationToken).ConfigureAwait(false);
        return new FrameReader(
            PipeReader.Create(body, BufferOptions), call.Channel.MaxReceiveMessageSize, () => ResponseHead.RefuseCompressed(response));
    }
}
