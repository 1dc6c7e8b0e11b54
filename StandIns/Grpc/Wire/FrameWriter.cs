// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
using System.Buffers;

namespace Grpc.Wire;

/// <summary>
/// Serializes one message at a time, header and payload in one pooled buffer. Not thread safe.
/// </summary>
internal sealed class FrameWriter(int? maxPayload) : Core.SerializationContext, IBufferWriter<byte>
{
    private const int InitialSize = 1024;

    // A stream of small messages that had one large one does not keep the large buffer.
    private const int MaxKeptSize = 128 * 1024;

    private byte[] _buffer = [];
    private int _end;
    private bool _isTaken;
    private bool _isComplete;

    /// <summary>The frame of the message; valid until the next call.</summary>
    public ReadOnlyMemory<byte> Serialize<T>(T message, Action<T, Core.SerializationContext> serializer)
    {
        Reset();
        serializer(message, this);
        if (!_isComplete)
        {
            throw new InvalidOperationException("The serializer did not complete the message.");
        }

        FrameHeader.Write(_buffer, _end - FrameHeader.Size);
        return _buffer.AsMemory(0, _end);
    }

    public override void SetPayloadLength(int payloadLength)
    {
        CheckNotStarted();
        CheckLength(payloadLength);
        EnsureFree(payloadLength);
    }

    public override void Complete(byte[] payload)
    {
        CheckNotStarted();
        CheckLength(payload.Length);
        EnsureFree(payload.Length);
        payload.CopyTo(_buffer.AsSpan(_end));
        _end += payload.Length;
        _isComplete = true;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        CheckNotComplete();
        _isTaken = true;
        return this;
    }

    public override void Complete()
    {
        CheckNotComplete();
        CheckLength(_end - FrameHeader.Size);
        _isComplete = true;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(_buffer.Length - _end));
        _end += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_end);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        EnsureFree(Math.Max(sizeHint, 1));
        return _buffer.AsSpan(_end);
    }

    /// <summary>Returns the buffer to the pool. Not while the last frame is still being sent.</summary>
    public void Release()
    {
        if (_buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = [];
        }
    }

    private void Reset()
    {
        if (_buffer.Length > MaxKeptSize)
        {
            Release();
        }

        _end = 0;
        EnsureFree(FrameHeader.Size);
        _end = FrameHeader.Size;
        _isTaken = false;
        _isComplete = false;
    }

    private void EnsureFree(int count)
    {
        if (_buffer.Length - _end >= count)
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(InitialSize, checked(_end + Math.Max(count, _end))));
        _buffer.AsSpan(0, _end).CopyTo(larger);
        Release();
        _buffer = larger;
    }

    private void CheckLength(int length)
    {
        if (length > maxPayload)
        {
            throw new Core.RpcException(
                new(Core.StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }
    }

    private void CheckNotStarted()
    {
        CheckNotComplete();
        if (_isTaken)
        {
            throw new InvalidOperationException("The buffer writer was taken already.");
        }
    }

    private void CheckNotComplete()
    {
        if (_isComplete)
        {
            throw new InvalidOperationException("The message is complete already.");
        }
    }
}
