// Mirrors Grpc.Core.Api 2.85.0. Delete when: every package feed in use offers Grpc.Core.Api.
using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a serializer puts one message: either one array, or a buffer writer followed by <see cref="Complete()"/>.</summary>
public abstract class SerializationContext
{
    public virtual void Complete(byte[] payload) => throw Unsupported();

    public virtual IBufferWriter<byte> GetBufferWriter() => throw Unsupported();

    /// <summary>States the exact size before the buffer writer is taken, which saves a copy.</summary>
    public virtual void SetPayloadLength(int payloadLength)
    {
    }

    public virtual void Complete() => throw Unsupported();

    private static NotSupportedException Unsupported() => new("This serialization context does not support the operation.");
}
