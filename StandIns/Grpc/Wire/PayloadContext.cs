// Mirrors the wire behaviour of Grpc.Net.Client and Grpc.AspNetCore 2.85.0. Delete when: every package feed in use offers both.
using System.Buffers;

namespace Grpc.Wire;

/// <summary>Gives a deserializer the payload of the message at hand; one instance serves all messages of a stream.</summary>
internal sealed class PayloadContext : Core.DeserializationContext
{
    private ReadOnlySequence<byte> _payload;
    private bool _isSet;

    public override int PayloadLength => (int)Payload.Length;

    private ReadOnlySequence<byte> Payload =>
        _isSet ? _payload : throw new InvalidOperationException("The payload can be read only while the message is deserialized.");

    public override byte[] PayloadAsNewBuffer() => Payload.ToArray();

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => Payload;

    public T Deserialize<T>(in ReadOnlySequence<byte> payload, Func<Core.DeserializationContext, T> deserializer)
    {
        _payload = payload;
        _isSet = true;
        try
        {
            return deserializer(this);
        }
        finally
        {
            _payload = default;
            _isSet = false;
        }
    }
}
