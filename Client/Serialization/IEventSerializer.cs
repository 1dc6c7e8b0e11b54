using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace EventMesh.Client.Serialization;

/// <summary>Turns values into payloads and back. Thread-safe.</summary>
public interface IEventSerializer
{
    /// <summary>What goes into <see cref="EventHeaders.ContentType"/>.</summary>
    string ContentType { get; }

    /// <summary>What goes into <see cref="EventHeaders.TypeName"/>: a name that other programs can know the type by.</summary>
    string TypeNameOf(Type type);

    /// <summary>Encodes.</summary>
    void Serialize<T>(T value, IBufferWriter<byte> destination);

    /// <summary>Decodes, if the headers say that the payload is a <typeparamref name="T"/> in this encoding.</summary>
    /// <returns>False for another type or encoding, and for bytes that cannot be read: never an exception.</returns>
    bool TryDeserialize<T>(ReadOnlyMemory<byte> payload, string? contentType, string? typeName, [MaybeNullWhen(false)] out T value);
}
