// Mirrors Grpc.AspNetCore.Server 2.85.0. Delete when: every package feed in use offers Grpc.AspNetCore.
using System.Buffers;
using System.IO.Pipelines;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>Serializes a message straight into the response pipe when its length is stated first, as protobuf does; else by way of a buffer.</summary>
internal sealed class ResponseSerializer(PipeWriter output, int? maxPayload) : SerializationContext
{
    private int _length;
    private State _state;
    private ArrayBufferWriter<byte>? _buffer;

    private enum State
    {
        Empty,
        LengthKnown,
        Direct,
        Buffered,
        Complete,
    }

    public void Write<T>(T message, Action<T, SerializationContext> serializer)
    {
        _state = State.Empty;
        serializer(message, this);
        if (_state != State.Complete)
        {
            throw new InvalidOperationException("The serializer did not complete the message.");
        }
    }

    public override void SetPayloadLength(int payloadLength)
    {
        Check(_state is State.Empty);
        CheckLength(payloadLength);
        _length = payloadLength;
        _state = State.LengthKnown;
    }

    public override IBufferWriter<byte> GetBufferWriter()
    {
        switch (_state)
        {
            case State.LengthKnown:
                WriteHeader(_length);
                _state = State.Direct;
                return output;
            case State.Empty:
                _buffer = new ArrayBufferWriter<byte>();
                _state = State.Buffered;
                return _buffer;
            default:
                Check(_state is State.Direct or State.Buffered);
                return _state == State.Direct ? output : _buffer!;
        }
    }

    public override void Complete()
    {
        Check(_state is State.Direct or State.Buffered);
        if (_state == State.Buffered)
        {
            WriteWhole(_buffer!.WrittenSpan);
            _buffer = null;
        }

        _state = State.Complete;
    }

    public override void Complete(byte[] payload)
    {
        Check(_state is State.Empty or State.LengthKnown);
        WriteWhole(payload);
        _state = State.Complete;
    }

    private static void Check(bool isValid)
    {
        if (!isValid)
        {
            throw new InvalidOperationException("Not valid in the current state of the message.");
        }
    }

    private void WriteWhole(ReadOnlySpan<byte> payload)
    {
        CheckLength(payload.Length);
        WriteHeader(payload.Length);
        output.Write(payload);
    }

    private void WriteHeader(int length)
    {
        FrameHeader.Write(output.GetSpan(FrameHeader.Size), length);
        output.Advance(FrameHeader.Size);
    }

    private void CheckLength(int length)
    {
        if (length > maxPayload)
        {
            throw new RpcException(
                new Status(StatusCode.ResourceExhausted, "Sending message exceeds the maximum configured message size."));
        }
    }
}
