// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Grpc.Wire;

/// <summary>
/// Cuts a body into messages. All messages of a chunk are taken without touching the pipe again, which keeps small messages cheap.
/// A payload is valid until the next <see cref="FillAsync"/>. One caller at a time.
/// </summary>
/// <remarks>The length is checked against the limit as soon as the header is there, before anything is buffered for the message.</remarks>
internal sealed class FrameReader(PipeReader input, int? maxPayload, Func<Exception> refuseCompressed)
{
    private ReadOnlySequence<byte> _chunk;
    private bool _isHolding;
    private bool _isLastChunk;

    /// <summary>True when all bytes of the body were taken.</summary>
    public bool IsAtEnd => _isLastChunk && _chunk.IsEmpty;

    /// <summary>Takes the next message if it is complete already.</summary>
    public bool TryTake(out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (_chunk.IsEmpty || !FrameHeader.TryRead(_chunk, out var header))
        {
            return false;
        }

        if (header.PayloadLength > maxPayload)
        {
            throw Failure(Core.StatusCode.ResourceExhausted, "Received message exceeds the maximum configured message size.");
        }

        if (_chunk.Length < FrameHeader.Size + (long)header.PayloadLength)
        {
            return false;
        }

        if (header.IsCompressed)
        {
            throw refuseCompressed();
        }

        payload = _chunk.Slice(FrameHeader.Size, header.PayloadLength);
        _chunk = _chunk.Slice(payload.End);
        return true;
    }

    /// <summary>Waits for more of the body; false at its end. A body that ends within a message is an error.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_isLastChunk)
        {
            return _chunk.IsEmpty ? false : throw Failure(Core.StatusCode.Internal, "Incomplete message.");
        }

        Release();
        var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        _chunk = result.Buffer;
        _isHolding = true;
        _isLastChunk = result.IsCompleted;
        if (result.IsCanceled)
        {
            throw Failure(Core.StatusCode.Internal, "Incoming message cancelled.");
        }

        return !IsAtEnd;
    }

    /// <summary>Gives what was taken back to the pipe, so that the sender may go on.</summary>
    public void Release()
    {
        if (_isHolding)
        {
            _isHolding = false;
            input.AdvanceTo(_chunk.Start, _chunk.End);
            _chunk = default;
        }
    }

    /// <summary>Returns the pipe's buffers. Not while a read is under way.</summary>
    public void Complete()
    {
        _isHolding = false;
        _chunk = default;
        input.Complete();
    }

    private static Core.RpcException Failure(Core.StatusCode code, string detail) => new(new Core.Status(code, detail));
}
