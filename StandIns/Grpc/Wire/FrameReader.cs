// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Grpc.Wire;

/// <summary>
/// Cuts a body into messages. Many messages are taken from a chunk without touching the pipe, which keeps small ones cheap.
/// A payload is valid until the next <see cref="FillAsync"/>. One caller at a time.
/// </summary>
/// <remarks>The length is checked against the limit as soon as the header is there, before anything is buffered for the message.</remarks>
internal sealed class FrameReader(PipeReader input, int? maxPayload, Func<Exception> refuseCompressed)
{
    // What was taken counts against the sender's flow control window until it is released: kept well below common windows.
    private const int MaxHeld = 32 * 1024;

    private ReadOnlySequence<byte> _chunk;
    private long _held;
    private bool _isHolding;
    private bool _isLastChunk;
    private bool _needsMore = true;

    /// <summary>Takes the next message if it is at hand; if not, <see cref="FillAsync"/> is due.</summary>
    public bool TryTake(out ReadOnlySequence<byte> payload)
    {
        payload = default;
        if (_held > MaxHeld)
        {
            return false;
        }

        _needsMore = true;
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
        _held += FrameHeader.Size + header.PayloadLength;
        _needsMore = _chunk.IsEmpty;
        return true;
    }

    /// <summary>Waits for more of the body; false at its end. A body that ends within a message is an error.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_isLastChunk && _needsMore)
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

        return !_isLastChunk || !_chunk.IsEmpty;
    }

    /// <summary>Gives what was taken back to the pipe, so that the sender may go on.</summary>
    public void Release()
    {
        if (_isHolding)
        {
            _isHolding = false;
            // Looked at to its end only if that was too little: else the next read gives the rest at once.
            input.AdvanceTo(_chunk.Start, _needsMore ? _chunk.End : _chunk.Start);
            _chunk = default;
            _held = 0;
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
